"""Seeded random weights that keep a network alive at any depth.

Plain random initialisation lets activations grow or die from layer to layer, and a dead branch hides
every fault in it. Here each convolution and matrix is scaled while a real signal runs through it, so that
its output has unit variance (half of it at the end of a residual branch), in channels of unequal loudness
and with means away from zero.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Dense = (nn.Conv1d, nn.ConvTranspose1d, nn.Linear)


def is_weight_normed(module: nn.Module) -> bool:
    return hasattr(module, "parametrizations") and "weight" in module.parametrizations


def set_weight(module: nn.Module, weight: Tensor) -> None:
    """Sets a weight, also through weight norm, whose direction then gets a length of its own."""
    if not is_weight_normed(module):
        module.weight.copy_(weight)
        return
    parts = module.parametrizations.weight
    gain, direction = parts.original0, parts.original1
    # A length for each index of one axis: the first, but for the positional convolutions of HuBERT and its kin.
    summed = tuple(axis for axis, size in enumerate(gain.shape) if size == 1)
    gain.copy_(torch.linalg.vector_norm(weight, dim=summed, keepdim=True))
    direction.copy_(weight * (0.5 + torch.rand_like(gain)))


def scale_weight(module: nn.Module, factor: float) -> None:
    (module.parametrizations.weight.original0 if is_weight_normed(module) else module.weight).mul_(factor)


def randomize(model: nn.Module) -> None:
    """Draws every weight anew from torch's generator; `enliven` then scales the dense ones."""
    for module in model.modules():
        if isinstance(module, Dense):
            channel_dim = 1 if isinstance(module, nn.ConvTranspose1d) else 0
            gains_shape = [1] * module.weight.dim()
            gains_shape[channel_dim] = module.weight.shape[channel_dim]
            set_weight(module, torch.randn(module.weight.shape) * (0.5 + torch.rand(gains_shape)))
            if module.bias is not None:
                module.bias.normal_(std=0.2)
        elif isinstance(module, nn.LSTM):
            for name, weight in module.named_parameters():
                weight.normal_(std=0.3 if name.startswith("bias") else 0.9 / module.hidden_size**0.5)
        elif isinstance(module, (nn.LayerNorm, nn.GroupNorm)) and module.weight is not None:
            module.weight.uniform_(0.5, 1.5)
            module.bias.normal_(std=0.3)
        elif type(module).__name__ == "Snake1d":
            module.alpha.copy_(torch.randn_like(module.alpha).mul(0.5).exp().clamp(0.25, 3))
        elif type(module).__name__ == "MimiLayerScale":
            module.scale.uniform_(0.2, 0.6)


def enliven(run: Callable[[], object], root: nn.Module, target: Callable[[str], float]) -> None:
    """Scales the dense layers below `root` in the order in which `run` first reaches them.

    `target` gives the wanted standard deviation of the output of a layer, by its name below `root`.
    """
    names = {module: name for name, module in root.named_modules() if isinstance(module, Dense)}
    done: set[nn.Module] = set()

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        wanted = target(names[module])
        if module in done:
            return output
        done.add(module)
        # [batch, channels, time] for convolutions, [batch, time, channels] for matrices (WavLM's have heads between).
        dims = tuple(range(output.dim() - 1)) if isinstance(module, nn.Linear) else (0, 2)
        if module.bias is None:
            # Nothing can take a mean away here; scaled up with what varies, it would drown it further on.
            scale_weight(module, wanted / float(output.pow(2).mean().sqrt()))
        else:
            scale_weight(module, wanted / float((output - output.mean(dims, keepdim=True)).std()))
            module.bias.zero_()
            mean = module.forward(*inputs).mean(dims)
            module.bias.copy_(wanted * 0.3 * torch.randn_like(mean) - mean)
        return module.forward(*inputs)

    handles = [module.register_forward_hook(hook) for module in names]
    run()
    for handle in handles:
        handle.remove()


def round_to_half(model: nn.Module) -> None:
    """Leaves values that a file of 16-bit floats holds exactly."""
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.is_floating_point():
            tensor.copy_(tensor.half().float())
