package dev.fathom.tests.conformance;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Kernel;
import dev.fathom.engine.ops.Differentiability;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.OpCost;
import dev.fathom.engine.ops.Saves;
import dev.fathom.engine.reference.NdArray;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.DoubleUnaryOperator;

/** Kernels and operations that are wrong on purpose, for the tests of the tester. */
final class Mutants {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private Mutants() {
    }

    /** An operation with another one's gradient. */
    record WithGradient(Op op, Gradient gradient) implements Op {
        /** A gradient function. */
        @FunctionalInterface
        interface Gradient {
            Tensor[] of(Op op, BackwardCall call);
        }

        @Override
        public String name() {
            return op.name();
        }

        @Override
        public List<TensorSpec> infer(List<TensorSpec> in) {
            return op.infer(in);
        }

        @Override
        public void reference(List<NdArray> in, List<NdArray> out) {
            op.reference(in, out);
        }

        @Override
        public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
            return op.cost(in, out);
        }

        @Override
        public Differentiability differentiability() {
            return op.differentiability();
        }

        @Override
        public Saves saves() {
            return op.saves();
        }

        @Override
        public Tensor[] backward(BackwardCall call) {
            return gradient.of(op, call);
        }
    }

    /** An operation of one input that is nothing but its specification. */
    record Specification(String name, BiConsumer<NdArray, NdArray> function) implements Op {
        @Override
        public List<TensorSpec> infer(List<TensorSpec> in) {
            return in;
        }

        @Override
        public void reference(List<NdArray> in, List<NdArray> out) {
            function.accept(in.get(0), out.get(0));
        }

        @Override
        public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
            return OpCost.streaming(in, out);
        }

        @Override
        public Differentiability differentiability() {
            return Differentiability.none("it is a test's");
        }
    }

    /**
     * A kernel that computes another operation's specification, rounded to float32: correct if that is the same
     * function.
     */
    static Kernel<Op> computing(Op other) {
        return (op, in, out) -> specification(other, in, out, v -> v);
    }

    /** A kernel whose results pass through a function. */
    static Kernel<Op> through(DoubleUnaryOperator f) {
        return (op, in, out) -> specification(op, in, out, f);
    }

    private static void specification(Op op, List<Tensor> in, List<Tensor> out, DoubleUnaryOperator f) {
        List<NdArray> inputs = in.stream().map(t -> new NdArray(t.shape(), t.toDoubles())).toList();
        List<NdArray> outputs = new ArrayList<>();
        out.forEach(t -> outputs.add(NdArray.zeros(t.shape())));
        op.reference(inputs, outputs);
        for (int k = 0; k < out.size(); k++) {
            double[] values = outputs.get(k).data();
            for (int i = 0; i < values.length; i++) {
                values[i] = f.applyAsDouble(values[i]);
            }
            out.get(k).copyFrom(values);
        }
    }

    /** Writes the vectors but not the tail: the last elements up to a multiple of {@code lanes} stay what they were. */
    static Kernel<Op> withoutTail(int lanes) {
        return (op, in, out) -> {
            float[] before = out.get(0).toFloats();
            computing(op).run(op, in, out);
            float[] now = out.get(0).toFloats();
            int whole = now.length / lanes * lanes;
            System.arraycopy(before, whole, now, whole, now.length - whole);
            out.get(0).copyFrom(now);
        };
    }

    /** Adds to what the output held instead of setting it. */
    static Kernel<Op> accumulating() {
        return (op, in, out) -> {
            float[] before = out.get(0).toFloats();
            computing(op).run(op, in, out);
            float[] now = out.get(0).toFloats();
            for (int i = 0; i < now.length; i++) {
                now[i] += before[i];
            }
            out.get(0).copyFrom(now);
        };
    }

    /** Writes one element behind (or before) the output, as a raw store without a bounds check would. */
    static Kernel<Op> writingAt(int elementsBehindTheEnd) {
        return (op, in, out) -> {
            computing(op).run(op, in, out);
            MemorySegment segment = out.get(0).segment();
            MemorySegment everything = MemorySegment.ofAddress(segment.address() - 64)
                    .reinterpret(segment.byteSize() + 128);
            everything.set(FLOAT, 64 + segment.byteSize() + 4L * elementsBehindTheEnd, 1);
        };
    }

    /** Adds the element behind the first input to the last result, times 0: harmless unless it is NaN or infinite. */
    static Kernel<Op> readingBehind() {
        return (op, in, out) -> {
            computing(op).run(op, in, out);
            if (out.get(0).numel() > 0) {
                MemorySegment segment = in.get(0).segment();
                float behind = MemorySegment.ofAddress(segment.address()).reinterpret(segment.byteSize() + 4)
                        .get(FLOAT, segment.byteSize());
                float[] y = out.get(0).toFloats();
                y[y.length - 1] += 0 * behind;
                out.get(0).copyFrom(y);
            }
        };
    }

    /** Uses its first input as scratch memory. */
    static Kernel<Op> scribbling() {
        return (op, in, out) -> {
            computing(op).run(op, in, out);
            if (in.get(0).numel() > 0) {
                in.get(0).segment().set(FLOAT, 0, 0.125f);
            }
        };
    }
}
