package dev.fathom.nn;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Fills a model from a state dict. Strict: every missing, unexpected and differently shaped key is reported in one
 * message, before anything is changed. Values are checked too: a NaN in a weight file would make every output NaN,
 * without a word.
 */
public final class StateDictLoader {
    /** What happens to the bytes. */
    public enum Memory {
        /** Each parameter gets its own memory: needed for training. */
        COPY,
        /**
         * float32 weights that need no permutation stay where they are, in the mapped file, which must outlive the
         * model.
         */
        MAP
    }

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** How many elements are checked at a time. */
    private static final int PIECE = 1 << 14;

    private final ParameterSet model;
    private final String source;

    /**
     * @param model what to fill
     * @param source the file's name, for messages
     */
    public StateDictLoader(ParameterSet model, String source) {
        this.model = model;
        this.source = source;
    }

    /** Loads everything, strictly. */
    public void load(Map<String, CheckpointTensor> state, Device device, Memory memory) {
        load(state, name -> true, device, memory);
    }

    /**
     * Loads the parameters whose names match; the state dict must hold all of those with their shapes, and may hold no
     * other name that matches.
     *
     * @throws CheckpointException naming every missing, unexpected and mismatched key, or the first weight that is not
     * finite
     */
    public void load(Map<String, CheckpointTensor> state, Predicate<String> names, Device device, Memory memory) {
        check(state, names);
        for (Parameter p : model.all()) {
            if (names.test(p.name())) {
                fill(p, state.get(p.name()), device, memory);
            }
        }
    }

    /**
     * Checks a state dict as {@link #load} does, keys, shapes and values, and leaves the model as it is.
     *
     * @throws CheckpointException as {@link #load} does
     */
    public void verify(Map<String, CheckpointTensor> state) {
        check(state, name -> true);
        for (Parameter p : model.all()) {
            requireFinite(p, p.fromState(state.get(p.name())));
        }
    }

    private void check(Map<String, CheckpointTensor> state, Predicate<String> names) {
        List<String> missing = new ArrayList<>();
        List<String> mismatched = new ArrayList<>();
        List<String> unexpected = new ArrayList<>();
        for (Parameter p : model.all()) {
            CheckpointTensor t = state.get(p.name());
            if (!names.test(p.name())) {
                continue;
            }
            if (t == null) {
                missing.add(p.name());
            } else if (t.dtype().isFloat() != p.stateDType().isFloat()) {
                mismatched.add(p.name() + " is " + t.dtype() + ", expected " + p.stateDType());
            } else if (!t.shape().equals(p.torchShape())) {
                mismatched.add(p.name() + " is " + t.shape() + ", expected " + p.torchShape());
            }
        }
        for (String name : state.keySet()) {
            if (names.test(name) && !model.contains(name)) {
                unexpected.add(name);
            }
        }
        if (missing.isEmpty() && mismatched.isEmpty() && unexpected.isEmpty()) {
            return;
        }
        StringBuilder message = new StringBuilder(source)
                .append(" does not fit the model (expected are exactly its keys, with their shapes;"
                + " is the file whole, and of this network?):");
        append(message, "missing", missing);
        append(message, "unexpected", unexpected);
        append(message, "of another shape or dtype", mismatched);
        throw new CheckpointException(message.toString());
    }

    private static void append(StringBuilder message, String what, List<String> keys) {
        if (keys.isEmpty()) {
            return;
        }
        message.append("\n  ").append(keys.size()).append(keys.size() == 1 ? " key " : " keys ").append(what)
                .append(": ");
        message.append(String.join(", ", keys));
    }

    private void fill(Parameter p, CheckpointTensor t, Device device, Memory memory) {
        if (t.dtype() == DType.F32 && p.stateDType() == DType.F32 && p.layout() == WeightLayout.PLAIN
                && device.equals(Device.CPU)) {
            requireFinite(p, t.data());
            if (memory == Memory.MAP) {
                p.adopt(Tensor.wrap(t.data(), new TensorSpec(t.shape(), DType.F32)));
            } else {
                p.allocate(device);
                p.tensor().copyFrom(t.data());
            }
            return;
        }
        float[] values = p.fromState(t);
        requireFinite(p, values);
        p.set(p.fromTorch(values), device);
    }

    /** A piece at a time: a copy of the whole model on the heap, however short-lived, would stay with the process. */
    private void requireFinite(Parameter p, MemorySegment floats) {
        long count = floats.byteSize() / Float.BYTES;
        float[] piece = new float[(int) Math.min(PIECE, count)];
        for (long start = 0; start < count; start += piece.length) {
            int length = (int) Math.min(piece.length, count - start);
            MemorySegment.copy(floats, FLOAT, start * Float.BYTES, piece, 0, length);
            requireFinite(p, piece, length, start);
        }
    }

    private void requireFinite(Parameter p, float[] values) {
        requireFinite(p, values, values.length, 0);
    }

    private void requireFinite(Parameter p, float[] values, int length, long start) {
        for (int i = 0; i < length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new CheckpointException(source + ": " + p.name() + " holds " + values[i] + " at element "
                        + (start + i) + "; the file is damaged or its training diverged, use another checkpoint");
            }
        }
    }
}
