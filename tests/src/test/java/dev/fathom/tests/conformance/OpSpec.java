package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import dev.fathom.engine.ops.Op;
import java.util.function.Function;

/**
 * A row of the conformance suite: everything the suite must know about an operation to prove its kernels and its
 * gradient.
 *
 * @param name for reports and for repeating a failure; unique
 * @param op the operation's record
 * @param draw makes a trial from a list of choices
 */
public record OpSpec(String name, Class<? extends Op> op, Function<Draw, Trial> draw) {
    /** A row. */
    public static OpSpec row(String name, Class<? extends Op> op, Function<Draw, Trial> draw) {
        return new OpSpec(name, op, draw);
    }

    Trial trial(int... choices) {
        Trial trial = draw.apply(new Draw(choices));
        if (!op.isInstance(trial.op())) {
            throw new IllegalStateException("row " + name + " says " + op.getSimpleName() + " but drew " + trial.op());
        }
        return trial;
    }

    /** The same row with 16-bit inputs; null if the operation takes none. */
    OpSpec inHalf(DType half) {
        return trial().inHalf(half) == null ? null
                : new OpSpec(name + "@" + half, op, d -> draw.apply(d).inHalf(half));
    }

    @Override
    public String toString() {
        return name;
    }
}
