package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import dev.fathom.engine.cpu.Lanes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/** Loads, stores and sums of float32 lanes: short names for what every kernel does. */
final class Floats {
    /** One float32 in a tensor. Unaligned, so that no access pays for an alignment check. */
    static final ValueLayout.OfFloat LAYOUT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);

    private static final VectorShuffle<Float> ACROSS_8 = across(8);
    private static final VectorShuffle<Float> ACROSS_4 = across(4);
    private static final VectorShuffle<Float> ACROSS_2 = across(2);
    private static final VectorShuffle<Float> ACROSS_1 = across(1);

    private Floats() {
    }

    static FloatVector load(MemorySegment from, long offset) {
        return FloatVector.fromMemorySegment(F32, from, offset, ORDER);
    }

    /** Lanes outside the mask are 0, and their bytes are not touched. */
    static FloatVector load(MemorySegment from, long offset, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(F32, from, offset, ORDER, mask);
    }

    static FloatVector all(float value) {
        return FloatVector.broadcast(F32, value);
    }

    /** The number of elements up to {@code n} that whole vectors cover. */
    static int whole(int n) {
        return n - n % Lanes.FLOATS;
    }

    /** The lanes that elements {@link #whole whole(n)} to n fill. */
    static VectorMask<Float> rest(int n) {
        return F32.indexInRange(0, n % Lanes.FLOATS);
    }

    /**
     * The sum of all lanes, in a fixed order: halves added to each other until one lane is left. {@code reduceLanes}
     * promises no order, and compiled and interpreted code do differ there: results would depend on when the JIT
     * compiler got to the loop.
     */
    static float sum(FloatVector v) {
        FloatVector s = v;
        if (Lanes.FLOATS > 8) {
            s = s.add(s.rearrange(ACROSS_8));
        }
        if (Lanes.FLOATS > 4) {
            s = s.add(s.rearrange(ACROSS_4));
        }
        s = s.add(s.rearrange(ACROSS_2));
        return s.add(s.rearrange(ACROSS_1)).lane(0);
    }

    /** Lane i gets lane i + distance (modulo the width). */
    private static VectorShuffle<Float> across(int distance) {
        return VectorShuffle.fromOp(F32, i -> (i + distance) % Lanes.FLOATS);
    }
}
