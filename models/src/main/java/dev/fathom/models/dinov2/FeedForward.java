package dev.fathom.models.dinov2;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.SwiGlu;
import dev.fathom.nn.Linear;
import dev.fathom.nn.Names;

/** The per-token part of a block: an MLP with exact GELU (S, B, L), or SwiGLU (giant). */
sealed interface FeedForward {
    /** residual + gamma * ffn(x): x and residual [N,T,D], gamma [D]. */
    Tensor forward(Tensor x, Tensor gamma, Tensor residual);

    static FeedForward of(Names names, VitConfig config) {
        return switch (config.ffn()) {
            case MLP -> new Mlp(names, config.dim());
            case SWIGLU -> new SwiGluFfn(names, config.dim(), config.swigluHidden());
        };
    }

    /** fc2(gelu(fc1(x))) */
    final class Mlp implements FeedForward {
        private final Linear fc1;
        private final Linear fc2;

        Mlp(Names names, int dim) {
            fc1 = new Linear(names.child("fc1"), dim, 4 * dim);
            fc2 = new Linear(names.child("fc2"), 4 * dim, dim);
        }

        @Override
        public Tensor forward(Tensor x, Tensor gamma, Tensor residual) {
            return fc2.forwardResidual(fc1.forwardGelu(x), gamma, residual);
        }
    }

    /** w3(silu(a) * b) with [a | b] = w12(x) */
    final class SwiGluFfn implements FeedForward {
        private final Linear w12;
        private final Linear w3;

        SwiGluFfn(Names names, int dim, int hidden) {
            w12 = new Linear(names.child("w12"), dim, 2 * hidden);
            w3 = new Linear(names.child("w3"), hidden, dim);
        }

        @Override
        public Tensor forward(Tensor x, Tensor gamma, Tensor residual) {
            return w3.forwardResidual(SwiGlu.of(w12.forward(x)), gamma, residual);
        }
    }
}
