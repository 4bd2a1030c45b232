"""The public names are what they say, and importing the package costs next to nothing."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import rotation as rt

SOURCE = Path(rt.__file__).parent


def test_every_public_name_is_there_and_no_other():
    assert rt.__all__ == sorted(rt.__all__)
    assert len(rt.__all__) <= 40
    assert dir(rt) == sorted([*rt.__all__, *rt._ROOMS])
    for name in rt.__all__:
        assert getattr(rt, name).__name__ == name


def test_type_checkers_see_the_same_names():
    tree = ast.parse((SOURCE / "__init__.py").read_text())
    seen = {
        alias.asname: node.module.removeprefix("rotation.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    rooms = {name for name, module in seen.items() if module == "rotation"}
    assert rooms == set(rt._ROOMS)
    assert {name: module for name, module in seen.items() if name not in rooms} == rt._HOME


@pytest.mark.parametrize("room", rt._ROOMS)
def test_a_room_need_not_be_imported_by_itself(room):
    code = f"import rotation as rt; print(rt.{room}.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"rotation.{room}"


def test_no_module_stands_in_the_place_of_a_public_name():
    modules = {path.stem for path in SOURCE.iterdir()}
    assert not modules & set(rt.__all__)
    modules = {path.stem for path in (SOURCE / "data").iterdir()}
    assert modules & set(rt.data.__all__) == {"synthetic"}


def test_names_of_data_are_there_and_type_checkers_see_them():
    tree = ast.parse((SOURCE / "data" / "__init__.py").read_text())
    seen = {
        alias.asname: node.module.removeprefix("rotation.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert seen | {"synthetic": "data.synthetic"} == rt.data._HOME
    assert dir(rt.data) == rt.data.__all__ == sorted(rt.data._HOME)
    for name in rt.data.__all__:
        assert getattr(rt.data, name).__name__.split(".")[-1] == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = rt.data.nothing


@pytest.mark.parametrize(
    "path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE))
)
def test_modules_name_what_they_offer(path):
    name = ".".join(("rotation", *path.relative_to(SOURCE).with_suffix("").parts))
    module = import_module(name.removesuffix(".__init__"))
    assert module.__doc__
    offered = getattr(module, "__all__", [])
    constants_first = sorted(offered, key=lambda name: (not name.isupper(), name))
    assert list(offered) == constants_first
    assert all(hasattr(module, each) for each in offered)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Momentun'"):
        rt.Momentun  # noqa: B018


def test_import_loads_neither_pandas_nor_numpy():
    code = "import sys, rotation; print(sorted({'numpy', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
