import builtins
import sys

import pytest
from monai_blurvae.mri.mri_extra import from_mri_extra


def test_what_is_missing_is_named_with_the_command_that_installs_it(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("sigpy"):
            raise ImportError("No module named 'sigpy'", name="sigpy")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.delitem(sys.modules, "monai_blurvae.mri.espirit", raising=False)
    with pytest.raises(ImportError, match=r"espirit_maps needs sigpy: pip install 'monai-blurvae\[mri\]'"):
        from_mri_extra("espirit", "espirit_maps")
