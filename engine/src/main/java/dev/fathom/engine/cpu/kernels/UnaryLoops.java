package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.Floats.all;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * y = f(x) over whole vectors: one loop a function, so that each is compiled for itself. Offsets in bytes; n is a
 * multiple of the number of lanes; x and y do not overlap.
 */
final class UnaryLoops {
    private UnaryLoops() {
    }

    static void relu(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            var v = load(x, xo + 4L * i);
            v.blend(0f, v.compare(VectorOperators.LT, 0f)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    /** First of two steps, see {@link NormalMath}. */
    static void bell(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            NormalMath.bell(load(x, xo + 4L * i)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    /** y holds {@link #bell} of x and becomes gelu(x). */
    static void gelu(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            NormalMath.gelu(load(x, xo + 4L * i), load(y, yo + 4L * i)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    /**
     * {@link #bell} between checked addresses, for rows of {@code width} bytes: those of x {@code xStep} bytes apart,
     * those of y without gaps.
     */
    static void bell(long x, long xStep, long y, long width, int rows) {
        for (int row = 0; row < rows; row++) {
            for (long at = 0; at < width; at += BYTES) {
                NormalMath.bell(FloatVector.fromMemorySegment(F32, Raw.ALL, x + row * xStep + at & Raw.REACH, ORDER))
                    .intoMemorySegment(Raw.ALL, y + row * width + at & Raw.REACH, ORDER);
            }
        }
    }

    /** {@link #gelu} likewise: y = gelu(x), rows of y {@code step} bytes apart, those of bell without gaps. */
    static void gelu(long x, long xStep, long bell, long y, long step, long width, int rows) {
        for (int row = 0; row < rows; row++) {
            for (long at = 0; at < width; at += BYTES) {
                FloatVector v = FloatVector.fromMemorySegment(F32, Raw.ALL, x + row * xStep + at & Raw.REACH, ORDER);
                FloatVector w = FloatVector.fromMemorySegment(F32, Raw.ALL, bell + row * width + at & Raw.REACH, ORDER);
                NormalMath.gelu(v, w).intoMemorySegment(Raw.ALL, y + row * step + at & Raw.REACH, ORDER);
            }
        }
    }

    static void sigmoid(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            VectorMath.sigmoid(load(x, xo + 4L * i)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    static void silu(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            VectorMath.silu(load(x, xo + 4L * i)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    static void tanh(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            VectorMath.tanh(load(x, xo + 4L * i)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    static void exp(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            VectorMath.exp(load(x, xo + 4L * i)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    static void log(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            VectorMath.log(load(x, xo + 4L * i)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    static void sqrt(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            load(x, xo + 4L * i).sqrt().intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    static void rsqrt(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            all(1f).div(load(x, xo + 4L * i).sqrt()).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    static void abs(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            load(x, xo + 4L * i).abs().intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    static void square(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            var v = load(x, xo + 4L * i);
            v.mul(v).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    /** First of three steps, see {@link NormalMath}. */
    static void erfBell(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            NormalMath.erfBell(load(x, xo + 4L * i)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    /** y holds {@link #erfBell} of x and becomes erfc(|x|) / 2. */
    static void halfErfc(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            NormalMath.halfErfc(load(x, xo + 4L * i), load(y, yo + 4L * i)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    /** y holds {@link #halfErfc} of x and becomes erf(x). */
    static void erf(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            NormalMath.erf(load(x, xo + 4L * i), load(y, yo + 4L * i)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }
}
