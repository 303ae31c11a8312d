"""The encoder: transformers' own `Wav2Vec2BertModel` in a small size, with a faster way through it for training."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import Wav2Vec2BertConfig, Wav2Vec2BertModel

from features import BANDS, STACK


def small_config(layers: int = 4, dropout: float = 0.0) -> Wav2Vec2BertConfig:
    return Wav2Vec2BertConfig(
        hidden_size=256, num_hidden_layers=layers, num_attention_heads=4, intermediate_size=512,
        feature_projection_input_dim=STACK * BANDS, hidden_act="swish", conv_depthwise_kernel_size=15,
        position_embeddings_type="relative_key", left_max_position_embeddings=32, right_max_position_embeddings=32,
        layerdrop=0.0, hidden_dropout=0.0, attention_dropout=0.0, activation_dropout=dropout, feat_proj_dropout=0.0,
        conformer_conv_dropout=0.0, apply_spec_augment=False, add_adapter=False, vocab_size=None,
    )


def hidden_states(encoder: Wav2Vec2BertModel, rows: Tensor, mask: Tensor | None = None,
                  layers: int | None = None) -> list[Tensor]:
    """Rows [items, rows, 160] -> what the first layer takes and what each layer gives, [items, rows, width] each.

    The same numbers as the model's own `forward` without padding, several times as fast on a CPU: no channels-first
    copies, and the bias of positions in one product. Rows where `mask` [items, rows] is true are replaced by one
    vector after the projection, as HuBERT does.
    """
    x, _ = encoder.feature_projection(rows)
    if mask is not None:
        x = torch.where(mask[..., None], encoder.masked_spec_embed.to(x.dtype), x)
    config = encoder.config
    place = torch.arange(x.shape[1])
    before, after = config.left_max_position_embeddings, config.right_max_position_embeddings
    distances = (place[None] - place[:, None]).clamp(-before, after) + before
    states = [x]
    for layer in encoder.encoder.layers[:layers]:
        x = x + 0.5 * layer.ffn1(layer.ffn1_layer_norm(x))
        x = x + attention(layer.self_attn, layer.self_attn_layer_norm(x), distances)
        x = x + convolution(layer.conv_module, x)
        x = x + 0.5 * layer.ffn2(layer.ffn2_layer_norm(x))
        x = layer.final_layer_norm(x)
        states.append(x)
    return states


def attention(module: nn.Module, x: Tensor, distances: Tensor) -> Tensor:
    items, count, width = x.shape
    heads, size = module.num_heads, module.head_size
    q = module.linear_q(x).view(items, count, heads, size).transpose(1, 2).reshape(items * heads, count, size)
    k = module.linear_k(x).view(items, count, heads, size).permute(0, 2, 3, 1).reshape(items * heads, size, count)
    v = module.linear_v(x).view(items, count, heads, size).transpose(1, 2).reshape(items * heads, count, size)
    # The product of each query with the vector of every distance, then that of each key: [items * heads, query, key].
    by_distance = F.linear(q, module.distance_embedding.weight)
    bias = by_distance.gather(2, distances.expand(items * heads, -1, -1))
    scores = torch.baddbmm(bias, q, k) * module.scaling
    mixed = torch.bmm(scores.softmax(-1).to(v.dtype), v)
    return module.linear_out(mixed.view(items, heads, count, size).transpose(1, 2).reshape(items, count, width))


def convolution(module: nn.Module, x: Tensor) -> Tensor:
    x = F.glu(F.linear(module.layer_norm(x), module.pointwise_conv1.weight.squeeze(-1)), -1)
    x = F.pad(x.transpose(1, 2), (module.depthwise_conv.kernel_size[0] - 1, 0))
    x = F.conv1d(x, module.depthwise_conv.weight, groups=x.shape[1]).transpose(1, 2)
    return F.linear(F.silu(module.depthwise_layer_norm(x)), module.pointwise_conv2.weight.squeeze(-1))


class Predictor(nn.Module):
    """The encoder with what only training needs: a classifier for each set of clusters, and a guess of what was clustered."""

    def __init__(self, config: Wav2Vec2BertConfig, cluster_counts: list[int], value_width: int):
        super().__init__()
        self.encoder = Wav2Vec2BertModel(config)
        for layer in self.encoder.encoder.layers:
            look_near(layer.self_attn)
            # As transformers draws them, random convolutions over 15 rows drown what the layer was given, and training
            # takes several times as many steps to undo that.
            layer.conv_module.pointwise_conv2.weight.data.mul_(0.1)
        self.heads = nn.ModuleList(nn.Linear(config.hidden_size, count) for count in cluster_counts)
        self.values = nn.Linear(config.hidden_size, value_width)

    def forward(self, rows: Tensor, mask: Tensor) -> tuple[list[Tensor], Tensor]:
        """Rows [items, rows, 160], mask [items, rows] -> logits [items, rows, clusters] of each set, and values."""
        x = hidden_states(self.encoder, rows, mask)[-1]
        return [head(x) for head in self.heads], self.values(x)


@torch.no_grad()
def look_near(module: nn.Module) -> None:
    """Heads that start by looking at rows 1, 3 and 7 ahead, and all around; they are trained like any other.

    The convolutions see only what came before. From random weights, attention takes thousands of steps to find the
    neighbours. The score of a distance is the product of its vector with the bias of the queries, which has a direction
    of its own for each head.
    """
    size, heads = module.head_size, module.num_heads
    distance = torch.arange(-module.left_max_position_embeddings, module.right_max_position_embeddings + 1).float()
    centres, widths = torch.tensor([1.0, 3.0, 7.0, 0.0]), torch.tensor([0.8, 1.2, 2.5, 10.0])
    directions = torch.linalg.qr(torch.randn(size, heads)).Q.T  # [heads, size]
    # Limited: a distance's vector counts for all heads, and what a query holds by chance must not outweigh its bias.
    scores = (-((distance - centres[:, None]) ** 2) / (2 * widths[:, None] ** 2)).clamp_min(-5)
    length = 2.0
    module.linear_q.bias.copy_((directions * length).flatten())
    module.distance_embedding.weight.copy_((scores.T @ directions) * size**0.5 / length)


def random_mask(items: int, count: int, generator: torch.Generator, share: float = 0.05, length: int = 6) -> Tensor:
    """Spans of `length` rows that start at `share` of all rows and may overlap: [items, count].

    HuBERT masks twice as many rows, in longer spans.
    """
    starts = torch.rand(items, count, generator=generator) < share
    padded = F.pad(starts, (length - 1, 0))
    return padded.unfold(1, length, 1).any(-1)
