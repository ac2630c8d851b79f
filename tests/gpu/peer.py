#!/usr/bin/env python3
"""Times PyTorch's own Depth Anything V2 (transformers, random weights) on a GPU: what `fathom gpu check --peer` sets beside.

peer.py [--quick] [--device cpu]

Prints lines "NAME: MILLISECONDS", with the names of Fathom's own timings, and remarks that do not look like that. Each line is
printed as soon as it is known, so that a time limit costs only what comes after it.
"""
import argparse
import statistics
import time

import torch
from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config

SIDE = 518
HALF = {"fp32": None, "fp16": torch.float16, "bf16": torch.bfloat16}


def vits():
    """ViT-S with its decoder for metres, as Fathom builds it."""
    encoder = Dinov2Config(hidden_size=384, num_hidden_layers=12, num_attention_heads=6, image_size=SIDE, patch_size=14,
                           out_indices=[3, 6, 9, 12], apply_layernorm=True, reshape_hidden_states=False)
    return DepthAnythingForDepthEstimation(DepthAnythingConfig(
        backbone_config=encoder, reassemble_hidden_size=384, patch_size=14, neck_hidden_sizes=[48, 96, 192, 384],
        fusion_hidden_size=64, depth_estimation_type="metric", max_depth=10))


class Peer:
    def __init__(self, device, quick):
        self.device = device
        self.runs = 3 if quick else 30
        self.warm = 1 if quick else 10

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def time(self, name, work, warm=None):
        """A name that fails is a remark; the rest goes on."""
        try:
            for _ in range(self.warm if warm is None else warm):
                work()
            self.wait()
            if self.device == "cuda":
                torch.cuda.reset_peak_memory_stats()
            millis = []
            for _ in range(self.runs):
                start = time.perf_counter()
                work()
                self.wait()
                millis.append(1e3 * (time.perf_counter() - start))
            print(f"{name}: {statistics.median(millis):.3f} (least {min(millis):.3f}, most {max(millis):.3f})", flush=True)
            if self.device == "cuda":
                print(f"{name} peak MiB: {torch.cuda.max_memory_allocated() >> 20}", flush=True)
        except Exception as e:  # whatever a compiler or a kernel may throw
            print(f"# {name} failed: {type(e).__name__} {str(e).splitlines()[0] if str(e) else ''}", flush=True)

    def autocast(self, precision):
        return torch.autocast(self.device, dtype=HALF[precision] or torch.bfloat16, enabled=HALF[precision] is not None)

    def forward(self, model, batch, precision, name):
        x = torch.randn(batch, 3, SIDE, SIDE, device=self.device)

        def work():
            with torch.no_grad(), self.autocast(precision):
                model(pixel_values=x)
        self.time(name, work)

    def step(self, model, batch, precision, name, warm=None):
        optimiser = torch.optim.AdamW(model.parameters(), lr=5e-6, weight_decay=0.01, fused=self.device == "cuda")
        scaler = torch.amp.GradScaler(self.device, enabled=precision == "fp16")
        x = torch.randn(batch, 3, SIDE, SIDE, device=self.device)
        target = torch.rand(batch, SIDE, SIDE, device=self.device) * 9 + 0.5

        def work():
            optimiser.zero_grad(set_to_none=True)
            with self.autocast(precision):
                depth = model(pixel_values=x).predicted_depth
            d = torch.log(target) - torch.log(depth.float().clamp_min(1e-3))
            loss = torch.sqrt((d ** 2).mean() - 0.5 * d.mean() ** 2)
            scaler.scale(loss).backward()
            scaler.step(optimiser)
            scaler.update()
        self.time(name, work, warm)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="few runs, batch 1 only, nothing compiled")
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args()
    torch.manual_seed(0)
    # Fathom's float32 is float32.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    peer = Peer(options.device, options.quick)
    name = torch.cuda.get_device_name() if options.device == "cuda" else "cpu"
    print(f"# PyTorch {torch.__version__} on {name}", flush=True)
    model = vits().to(options.device).eval()
    train_batch = 1 if options.quick else 11
    for batch in [1] if options.quick else [1, 16]:
        for precision in HALF:
            peer.forward(model, batch, precision, f"fwd {precision} b{batch}")
    model.train()
    for precision in HALF:
        peer.step(model, train_batch, precision, f"step {precision} b{train_batch}")
    if not options.quick:
        # Compiled: reduce-overhead is CUDA graphs, the peer of a captured pass.
        model.eval()
        for precision in ["fp16", "bf16", "fp32"]:
            torch.compiler.reset()
            compiled = torch.compile(model, mode="reduce-overhead")
            peer.forward(compiled, 1, precision, f"fwd {precision} b1 graph")
        torch.compiler.reset()
        peer.forward(torch.compile(model), 16, "fp16", "fwd fp16 b16 compiled")
        model.train()
        for precision in ["fp16", "bf16"]:
            torch.compiler.reset()
            peer.step(torch.compile(model), train_batch, precision, f"step {precision} b{train_batch} compiled", 8)


if __name__ == "__main__":
    main()
