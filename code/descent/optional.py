"""Read a notebook without a library that it needs: cells that use it are skipped, with a line.

In a browser, and where only the course's own requirements are installed, some libraries are not
there. A notebook's first cell tries to import one, and calls `skip_cells` where that fails.
"""

import ast


def skip_cells(name, title):
    """Skip, from the next cell on, each cell that uses a library which could not be imported.

    A cell that uses what a skipped cell would have defined is skipped too. All others run. It ends
    as soon as the library has been imported after all.

    Parameters
    ----------
    name : str
        The name that cells know the library by, such as ``"torch"``.
    title : str
        What readers call it, such as ``"PyTorch"``.

    Raises
    ------
    RuntimeError
        Outside a notebook, where there are no cells.
    """
    from IPython import get_ipython  # Only where a notebook runs.

    shell = get_ipython()
    if shell is None:
        raise RuntimeError(f"{title} is not installed, and there are no notebook cells to skip")
    others = [t for t in shell.ast_transformers if getattr(t, "name", None) != name]
    shell.ast_transformers = [*others, _Skipper(shell, name, title)]
    print(
        f"{title} isn't here, so the cells that use it will be skipped. All that was computed "
        "with it can be read on the book's page; all other cells work."
    )


class _Skipper:
    """What the shell hands each cell's syntax tree to, before it is run."""

    def __init__(self, shell, name, title):
        self.shell, self.name, self.title = shell, name, title
        self.missing = {name}

    def visit(self, cell):
        if self.name in self.shell.user_ns:
            return cell
        _, defined, imported = _names(cell)
        if not _asked(cell) & self.missing - imported:
            self.missing -= defined
            return cell
        self.missing |= defined
        told = f"Skipped: this cell needs {self.title}."
        if "check" in _names(cell)[0]:
            told += "\nDoes your answer call it? What your function needs is handed in."
        return ast.parse(f"print({told!r})")


def _asked(cell):
    """Return the names that a cell uses and hasn't set itself: what it sets anew is there."""
    asked, later, own = set(), set(), set()
    for statement in cell.body:
        used, defined, _ = _names(ast.Module([statement], []))
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            # What a function uses is looked up when it is called.
            own.add(statement.name)
            later |= used
        else:
            asked |= used - own
        if isinstance(statement, ast.AugAssign):
            asked |= defined - own
        if isinstance(statement, ast.Assign):
            own |= defined
    return asked | later - own


def _names(cell):
    """Return the names that a cell uses, those it defines, and those it imports.

    What a function takes or sets is its own: it neither uses nor defines a name of the notebook.
    """
    used, defined, imported = set(), set(), set()
    for node in ast.iter_child_nodes(cell):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else defined).add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        inside, own, imports = _names(node)
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            own |= {argument.arg for argument in ast.walk(node.args) if type(argument) is ast.arg}
            used |= inside - own - imports
        else:
            used, defined, imported = used | inside, defined | own, imported | imports
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
    return used, defined, imported
