"""The table of names and defaults in book/package.md is made from the rules' signatures."""

import inspect
import re

import pytest

from contents import BOOK
from descent import rules
from signatures import signature

RULES = [
    name
    for name, rule in vars(rules).items()
    if inspect.isfunction(rule) and next(iter(inspect.signature(rule).parameters)) == "g"
]


@pytest.mark.parametrize("name", RULES)
def test_a_signature_is_what_the_rule_takes(name):
    called = re.fullmatch(rf"{name}\((.*)\)", signature(name))[1]
    assert eval(f"dict({called})") == getattr(rules, name).__kwdefaults__


def test_a_signature_has_the_digits_of_the_source():
    assert signature("adam") == "adam(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8)"
    assert signature("nadam").endswith("eps=1e-8, momentum_decay=4e-3)")


@pytest.mark.parametrize("name", ["adm", "whole_matrix", "np", ""])
def test_a_rule_that_does_not_exist_is_one_sentence(name):
    with pytest.raises(ValueError, match=rf"^there is no rule '{name}'; there are gd, .*, muon$"):
        signature(name)


def test_the_table_has_every_rule_once_in_the_order_of_teaching():
    page = (BOOK / "package.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| {rule}`(\w+)` \|", page, re.MULTILINE) == RULES
