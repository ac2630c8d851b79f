package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.Floats.all;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.VectorOperators;

/**
 * dx = dy f' over whole vectors, f' from x or from y as {@code Unary.Kind} says: one loop a function. Offsets in bytes;
 * n is a multiple of the number of lanes; dx does not overlap the others.
 */
final class UnaryBackwardLoops {
    private UnaryBackwardLoops() {
    }

    static void relu(MemorySegment y, long yo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            var v = load(y, yo + 4L * i);
            load(dy, dyo + 4L * i).blend(0f, v.compare(VectorOperators.LE, 0f))
                    .intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }

    /** dx holds {@link UnaryLoops#bell} of x and becomes dy gelu'(x). */
    static void gelu(MemorySegment x, long xo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            NormalMath.geluDerivative(load(x, xo + 4L * i), load(dx, dxo + 4L * i)).mul(load(dy, dyo + 4L * i))
                    .intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }

    static void sigmoid(MemorySegment y, long yo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            var v = load(y, yo + 4L * i);
            all(1f).sub(v).mul(v).mul(load(dy, dyo + 4L * i)).intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }

    static void silu(MemorySegment x, long xo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            VectorMath.siluDerivative(load(x, xo + 4L * i)).mul(load(dy, dyo + 4L * i))
                    .intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }

    static void tanh(MemorySegment y, long yo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            var v = load(y, yo + 4L * i);
            v.neg().fma(v, all(1f)).mul(load(dy, dyo + 4L * i)).intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }

    static void exp(MemorySegment y, long yo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            load(y, yo + 4L * i).mul(load(dy, dyo + 4L * i)).intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }

    static void log(MemorySegment x, long xo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            load(dy, dyo + 4L * i).div(load(x, xo + 4L * i)).intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }

    static void sqrt(MemorySegment y, long yo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            load(dy, dyo + 4L * i).mul(0.5f).div(load(y, yo + 4L * i)).intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }

    static void rsqrt(MemorySegment y, long yo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            var v = load(y, yo + 4L * i);
            v.mul(v).mul(v).mul(-0.5f).mul(load(dy, dyo + 4L * i)).intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }

    static void abs(MemorySegment x, long xo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            var v = load(x, xo + 4L * i);
            var g = load(dy, dyo + 4L * i);
            g.blend(g.neg(), v.compare(VectorOperators.LT, 0f)).blend(0f, v.compare(VectorOperators.EQ, 0f))
                    .blend(v, v.compare(VectorOperators.NE, v)).intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }

    static void square(MemorySegment x, long xo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            var v = load(x, xo + 4L * i);
            v.add(v).mul(load(dy, dyo + 4L * i)).intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }

    static void erf(MemorySegment x, long xo, MemorySegment dy, long dyo, MemorySegment dx, long dxo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            var v = load(x, xo + 4L * i);
            VectorMath.expFlushed(v.mul(v.neg())).mul(1.1283792f).mul(load(dy, dyo + 4L * i))
                    .intoMemorySegment(dx, dxo + 4L * i, ORDER);
        }
    }
}
