"""The search for numbers must see what it promises to see, and find nothing that isn't there."""

import pytest

from prose import is_found, numbers, output_text


@pytest.mark.parametrize(
    "markdown, expected",
    [
        ("It takes 139 steps, not 1,347.", ["139", "1,347"]),
        ("A rate of 0.905 and 97.3 % or 5% of them.", ["0.905", "97.3 %", "5%"]),
        ("Down to 1.5e-7, in 20x fewer (−0.25).", ["1.5e-7", "20", "0.25"]),
        ("# The first 100 steps", ["100"]),
        ("| lr | steps |\n|---|---|\n| small | 812 |", ["812"]),
        ("1. After 15 steps\n2. after 25.", ["15", "25"]),
        ("Up to 3 or 10 of them, a factor of 2.", []),
        ("At $x = 0.75$ and\n$$\nx = 12.5\n$$\nand `lr=0.125`.", []),
        ("It costs \\$12.50, and $x$ is 0.25, $y$ too.", ["12.50", "0.25"]),
        ("```python\nlr = 0.125\n```\nand 0.25", ["0.25"]),
        ("```{math}\n0.125\n```", []),
        ("```{figure} a12.png\n:width: 50%\nThe 64 digits\n```", ["64"]),
        (":::{note}\nOf 64\n:::", ["64"]),
        ("{cite}`kingma2015` in 2015, of [14.5](http://a.b/1412.6980).", ["14.5"]),
        ("arXiv:1412.6980, https://a.b/12.5 and Theorem 4.1 on page 31", []),
        ("*Time: 18 minutes. You need: 12 fingers.*", ["12"]),
        ("With NumPy 2.0, PyTorch 2.13.0, float32, the 20th, a 2D one, 3.1.4", []),
        ('<img width="250" alt="12.5"> 2,000 steps in 2015', ["2,000"]),
        ("(a-label-12)=\n- 16-bit floats", ["16"]),
    ],
)
def test_numbers_in_prose(markdown, expected):
    assert numbers(markdown) == expected


@pytest.mark.parametrize(
    "number, text",
    [
        ("0.905", "rate 0.90476"),
        ("0.905", "0.9045"),
        ("0.905", "90.5 %"),
        ("139", "after 139 steps"),
        ("139", "138.7"),
        ("1,347", "1347"),
        ("1,347", "1,347.2"),
        ("97.3 %", "accuracy 0.97333"),
        ("97.3 %", "97.33%"),
        ("97.3 %", "97.33"),
        ("5%", "0.05"),
        ("1.5e-7", "1.512e-07"),
        ("0.25", "array([-0.25 ,  0.5])"),
        ("0.001", "1e-03"),
    ],
)
def test_a_number_is_found_at_its_rounding(number, text):
    assert is_found(number, text)


@pytest.mark.parametrize(
    "number, text",
    [
        ("0.905", "0.9056"),
        ("0.905", "0.9"),
        ("0.905", "0.905e-3"),
        ("0.905", "1.905, 20.905, 0,905"),
        ("0.90", "0.9"),
        ("139", "138, 140, 1390, 13.9"),
        ("1,347", "1,348"),
        ("97.3 %", "0.973333 %"),
        ("97.3 %", "0.97"),
        ("97.3 %", "0.9724"),
        ("0.973", "97.3"),
        ("1.5e-7", "1.5e-6"),
        ("12", ""),
    ],
)
def test_another_number_is_not_found(number, text):
    assert not is_found(number, text)


def test_text_of_outputs():
    def shown(**data):
        return {"output_type": "display_data", "data": {f"text/{k}": v for k, v in data.items()}}

    assert "139" in output_text([{"output_type": "stream", "name": "stdout", "text": "139\n"}])
    assert "139" in output_text([shown(plain="139")])
    assert "139" in output_text([shown(html="<table><tr><td>139</td></tr></table>")])
    assert "139" in output_text([shown(markdown="139")])
    hidden = '<p width="139"><style>a {width: 139}</style><script>139</script>'
    assert "139" not in output_text([shown(html=hidden)])
    assert "139" not in output_text(
        [shown(html="<predict-number>139</predict-number>", plain="139")]
    )
    assert "139" not in output_text([{"output_type": "display_data", "data": {"image/png": "139"}}])
