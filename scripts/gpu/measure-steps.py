"""Measures what the formula of the GPU engine says (docs/gpu-model.md): how long one step of a model of Llama-3.1-8B's shape takes on a real GPU.

The model is made of random weights in bf16: 32 layers of RMS norm, query-key-value, attention, output, gate-up and down projections, and the head that
gives the scores of the vocabulary, as CUDA graphs, so that launching kernels costs next to nothing. Two things are measured: steps of so many new tokens
without attention to a context (weights and arithmetic), and the attention of sequences that decode, each with so long a context (the read of the cache).

    python3 scripts/gpu/measure-steps.py FILE      needs PyTorch and 60 GB of memory of an NVIDIA GPU; takes a minute or two

FILE gets JSON: `steps` is a list of {tokens, ms}, `attention` of {sequences, contextTokens, ms} for all layers, medians of the repetitions.
"""

import json
import statistics
import sys

import torch
import torch._dynamo
import torch.nn.functional as functional

# Else those for more than eight lengths run as they are written, which takes a tenth longer.
torch._dynamo.config.recompile_limit = 64

LAYERS, HIDDEN, HEADS, KV_HEADS, HEAD, FEED, WORDS = 32, 4096, 32, 8, 128, 14336, 128256
TOKENS = [1, 2, 4, 8, 16, 32, 64, 96, 128, 160, 192, 256, 320, 384, 512, 768, 1024, 1536, 2048]
DECODES = [(8, 1024), (16, 1024), (64, 512), (64, 1024), (64, 2048), (128, 512), (128, 1024), (256, 256), (256, 512)]
REPETITIONS = 30

if len(sys.argv) != 2:
    sys.exit(__doc__)
device = torch.device("cuda")
torch.manual_seed(1)


def weight(rows: int, columns: int) -> torch.Tensor:
    return torch.randn(rows, columns, device=device, dtype=torch.bfloat16) / columns**0.5


layers = [
    (
        weight((HEADS + 2 * KV_HEADS) * HEAD, HIDDEN),
        weight(HIDDEN, HIDDEN),
        weight(2 * FEED, HIDDEN),
        weight(HIDDEN, FEED),
        torch.ones(HIDDEN, device=device, dtype=torch.bfloat16),
    )
    for _ in range(LAYERS)
]
head = weight(WORDS, HIDDEN)


@torch.compile(dynamic=False)
def gated(both: torch.Tensor) -> torch.Tensor:
    gate, up = both.chunk(2, dim=-1)
    return functional.silu(gate) * up


@torch.compile(dynamic=False)
def normed(values: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    return functional.rms_norm(values, (HIDDEN,), scale)


def step(values: torch.Tensor, scored: int) -> torch.Tensor:
    """All but the attention, whose result is taken to be the queries: of `scored` tokens the head gives the scores."""
    for to_qkv, to_out, to_feed, from_feed, scale in layers:
        queries = functional.linear(normed(values, scale), to_qkv)[:, : HEADS * HEAD]
        values = values + functional.linear(queries, to_out)
        values = values + functional.linear(gated(functional.linear(normed(values, scale), to_feed)), from_feed)
    return functional.linear(values[:scored], head)


def measured(work) -> float:
    """Median of the repetitions of the work as a graph, in milliseconds."""
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    for _ in range(3):
        graph.replay()
    times = []
    for _ in range(REPETITIONS):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        graph.replay()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times)


def attention_ms(sequences: int, context: int) -> float:
    """One new token each attends to so long a context; each layer reads a cache of its own, which is more than fits into what the GPU keeps near."""
    caches = min(LAYERS, max(1, 8_000_000_000 // (sequences * context * KV_HEADS * HEAD * 4)))
    keys = [torch.randn(sequences, KV_HEADS, context, HEAD, device=device, dtype=torch.bfloat16) for _ in range(caches)]
    values = [torch.randn_like(one) for one in keys]
    # The four queries that share keys and values are laid side by side, as kernels for decoding do.
    queries = torch.randn(sequences, KV_HEADS, HEADS // KV_HEADS, HEAD, device=device, dtype=torch.bfloat16)

    def work() -> None:
        for layer in range(LAYERS):
            functional.scaled_dot_product_attention(queries, keys[layer % caches], values[layer % caches])

    return measured(work)


def main(file: str) -> None:
    with torch.inference_mode():
        steps = [
            {"tokens": tokens, "ms": measured(lambda: step(inputs, min(tokens, 256)))}
            for tokens in TOKENS
            for inputs in [torch.randn(tokens, HIDDEN, device=device, dtype=torch.bfloat16)]
        ]
        attention = [
            {"sequences": sequences, "contextTokens": sequences * context, "ms": attention_ms(sequences, context)}
            for sequences, context in DECODES
        ]
    name = torch.cuda.get_device_name()
    with open(file, "w") as out:
        json.dump({"gpu": name, "torch": torch.__version__, "steps": steps, "attention": attention}, out, indent=2)
        out.write("\n")
    print(open(file).read())


if __name__ == "__main__":
    main(sys.argv[1])
