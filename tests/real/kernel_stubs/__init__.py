"""The folder that is put on PYTHONPATH where SGLang has no GPU kernels."""
