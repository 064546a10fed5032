"""Scripts have no .py at the end of their names, so they are loaded by hand."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load(name: str) -> ModuleType:
    module_name = name.replace("-", "_") + "_script"
    loader = importlib.machinery.SourceFileLoader(module_name, str(ROOT / "Scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(module_name, loader))
    # dataclasses look their module up there.
    sys.modules[module_name] = module
    loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def check_imports() -> ModuleType:
    return _load("check-imports")


@pytest.fixture(scope="session")
def check_files() -> ModuleType:
    return _load("check-files")


@pytest.fixture(scope="session")
def build_site() -> ModuleType:
    return _load("build-site")


@pytest.fixture(scope="session")
def package_extension() -> ModuleType:
    return _load("package-extension")


@pytest.fixture(scope="session")
def runner() -> ModuleType:
    return _load("test")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
