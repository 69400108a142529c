"""auto_LiRPA on the pendulum's property, in a process of its own: `_lirpa.py IN.npz OUT.json`.

The release that pip finds, 0.3, was written for torch 1.12 and NumPy 1; what has since moved or
gone is put back here before it is imported, so that it runs with torch 2.13 and NumPy 2. It needs
torch, auto_LiRPA (`pip install --no-deps auto_LiRPA==0.3`) and appdirs; nothing of curvkit.
"""

import importlib
import json
import sys
import time
import types

import numpy as np
import torch

METHODS = {"intervals": "IBP", "CROWN": "backward", "α-CROWN": "CROWN-Optimized"}
MOST = 50


def put_back() -> None:
    """Names that auto_LiRPA 0.3 imports, where NumPy and torch no longer have them."""
    try:
        import numpy.lib.arraysetops  # noqa: F401
    except ModuleNotFoundError:
        gone = types.ModuleType("numpy.lib.arraysetops")
        gone.isin = np.isin
        sys.modules[gone.__name__] = gone
    named = ("torch.onnx.symbolic_helper", "torch.onnx.utils")
    # Not by attribute: of that name torch.onnx has other modules.
    symbolic_helper, utils = (importlib.import_module(each) for each in named)
    if not hasattr(symbolic_helper, "_set_opset_version"):
        from torch.onnx._internal.torchscript_exporter._globals import GLOBALS

        now = lambda version: setattr(GLOBALS, "export_onnx_opset_version", version)
        symbolic_helper._set_opset_version = now
    if not hasattr(utils, "_optimize_graph"):
        from torch.onnx._internal.torchscript_exporter import utils as moved

        utils._optimize_graph = moved._optimize_graph
    if not hasattr(torch._C.Node, "__getitem__"):
        value = lambda node, name: getattr(node, node.kindOf(name))(name)
        torch._C.Node.__getitem__ = value


def bounded(module, low, high, steps):
    """A function of a method's name that gives upper bounds on boxes, (boxes, outputs)."""
    from auto_LiRPA import BoundedModule, BoundedTensor, PerturbationLpNorm

    members = BoundedModule._named_members
    if "remove_duplicate" not in members.__code__.co_varnames:
        BoundedModule._named_members = lambda self, *given, remove_duplicate=True, **named: members(
            self, *given, **named
        )
    low, high = torch.tensor(low), torch.tensor(high)
    # Of sums outside of convolutions its patches fail.
    sparse = ("sparse_intermediate_bounds", "sparse_features_alpha", "sparse_spec_alpha")
    options = {"optimize_bound_args": {"iteration": steps}, "conv_mode": "matrix"}
    options |= dict.fromkeys(sparse, False)  # slopes that are shared out so do not fit each other
    made = BoundedModule(module, (low + high) / 2, bound_opts=options)
    norm = PerturbationLpNorm(norm=np.inf, x_L=low, x_U=high)

    def upper(method):
        inside = BoundedTensor((low + high) / 2, norm)
        return made.compute_bounds(x=(inside,), method=method)[1].detach().numpy()

    return upper


class Growth(torch.nn.Module):
    """The property as further layers: g(h' - h) + scale (o' - o)(o' + o)."""

    def __init__(self, net, gravity, scale):
        super().__init__()
        self.net, self.gravity, self.scale = net, gravity, scale

    def forward(self, x):
        y = self.net(x)
        less, more = y[:, 2:] - x[:, 2:], y[:, 2:] + x[:, 2:]
        return self.gravity * (y[:, 1:2] - x[:, 1:2]) + self.scale * less * more


def main(given, written) -> None:
    put_back()
    torch.set_default_dtype(torch.float64)
    told = np.load(given)
    modules = []
    for at in range(int(told["layers"])):
        weight, bias = torch.tensor(told[f"weight{at}"]), torch.tensor(told[f"bias{at}"])
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight.data, layer.bias.data = weight, bias
        modules += [layer, torch.nn.ReLU()]
    net = torch.nn.Sequential(*modules[:-1])
    boxes, steps, repeats = (told["low"], told["high"]), int(told["steps"]), int(told["repeats"])
    found = {"outputs": {}, "growth": {}}
    for name, method in METHODS.items():
        some, often = boxes, repeats
        if name == "α-CROWN":  # a tenth of a second a box
            some, often = tuple(each[:MOST] for each in boxes), 1
        else:
            found["outputs"][name] = bounded(net, *boxes, steps)(method).tolist()
        growth = bounded(Growth(net, float(told["gravity"]), float(told["scale"])), *some, steps)
        value, taken = growth(method)[:, 0].tolist(), []
        for _ in range(often):
            began = time.perf_counter()
            growth(method)
            taken.append(time.perf_counter() - began)
        each = float(np.median(taken)) / len(some[0])
        found["growth"][name] = {"value": value, "seconds": each}
    with open(written, "w") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
