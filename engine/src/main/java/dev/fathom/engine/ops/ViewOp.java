package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;

/** An operation whose result is other metadata over its input's bytes: no kernel, on any backend. */
public interface ViewOp extends Op {
    /** The result over the same storage. */
    Tensor view(Tensor in);
}
