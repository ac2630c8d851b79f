package dev.fathom.tests.models;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.ParameterSet;
import dev.fathom.nn.StateDictLoader;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.tests.golden.Formula;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * The state dict that the reference's WEIGHTS.md describes: every value from a formula of the tensor's name, so no
 * weights are stored. The names and shapes are the model's own; the values go through the loader as if a file had held
 * them.
 *
 * <p>Off-heap, and freed on close: close it after the model, whose parameters may lie in it.
 */
final class SyntheticWeights implements AutoCloseable {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final String SALT = "da2b/";
    private static final int CHUNK = 1 << 16;

    /**
     * Half a unit in the last place of the smallest mantissa, relative: a smaller change never survives the rounding.
     */
    private static final double LAST_BIT = 6e-8;

    private final Arena arena = Arena.ofShared();
    private final SequencedMap<String, CheckpointTensor> state = new LinkedHashMap<>();
    private final int nudge;

    private SyntheticWeights(int nudge) {
        this.nudge = nudge;
    }

    /** The tensors of a model's state dict. */
    static SyntheticWeights of(ParameterSet model) {
        return of(model, 0);
    }

    /**
     * The same, a little beside: every value is multiplied by 1 plus at most 6e-8 either way, which changes the last
     * bit of some.
     *
     * @param nudge 0 for the formula's own values; any other number for one set of neighbours
     */
    static SyntheticWeights of(ParameterSet model, int nudge) {
        SyntheticWeights weights = new SyntheticWeights(nudge);
        for (Parameter p : model.all()) {
            weights.state.put(p.name(), weights.tensor(p.name(), p.torchShape()));
        }
        return weights;
    }

    /** Fills a model with copies, in the innermost {@code MemoryScope}. */
    static void fill(ParameterSet model, Device device) {
        fill(model, device, 0);
    }

    /** The same with {@link #of(ParameterSet, int)}. */
    static void fill(ParameterSet model, Device device, int nudge) {
        try (SyntheticWeights weights = of(model, nudge)) {
            weights.load(model, device, Memory.COPY);
        }
    }

    /** Loads all of them; mapped ones live until {@link #close()}. */
    void load(ParameterSet model, Device device, Memory memory) {
        new StateDictLoader(model, "synthetic weights").load(state, device, memory);
    }

    /** Under the official names, in the model's order. */
    SequencedMap<String, CheckpointTensor> state() {
        return state;
    }

    private CheckpointTensor tensor(String name, Shape shape) {
        if (name.endsWith("num_batches_tracked")) {
            return CheckpointTensor.of(name, DType.I64, shape, arena.allocate(8, 64));
        }
        MemorySegment bytes = arena.allocate(shape.numel() * 4, 64);
        long base = Formula.base(SALT + name);
        double scale = scale(name, shape);
        double offset = offset(name, shape);
        int chunks = Math.toIntExact((shape.numel() + CHUNK - 1) / CHUNK);
        IntStream.range(0, chunks).parallel().forEach(c -> {
            long from = (long) c * CHUNK;
            float[] values = Formula.floats(base, from, (int) Math.min(CHUNK, shape.numel() - from), scale, offset);
            if (nudge != 0) {
                nudge(values, Formula.floats(Formula.base("nudge" + nudge + "/" + name), from, values.length, LAST_BIT,
                        0));
            }
            MemorySegment.copy(values, 0, bytes, FLOAT, from * 4, values.length);
        });
        return CheckpointTensor.of(name, DType.F32, shape, bytes);
    }

    private static void nudge(float[] values, float[] relative) {
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (values[i] * (1 + (double) relative[i]));
        }
    }

    /** WEIGHTS.md's table, tried from top to bottom. */
    private static double scale(String name, Shape shape) {
        return switch (last(name)) {
            case "gamma", "running_var" -> 0.25;
            case "pos_embed", "cls_token", "mask_token" -> 0.5;
            case "running_mean", "bias" -> 0.1;
            case "weight" -> shape.rank() == 1 ? 0.1 : (name.endsWith("attn.qkv.weight") ? 1.5
                    : 1) * Math.sqrt(3.0 / fanIn(name, shape));
            default -> throw new IllegalArgumentException("WEIGHTS.md has no rule for " + name);
        };
    }

    private static double offset(String name, Shape shape) {
        return switch (last(name)) {
            case "gamma" -> 0.75;
            case "running_var" -> 1;
            case "bias" -> name.endsWith("output_conv2.2.bias") ? 0.5 : 0;
            case "weight" -> shape.rank() == 1 ? 1 : 0;
            default -> 0;
        };
    }

    private static long fanIn(String name, Shape shape) {
        boolean transposed = name.contains(".resize_layers.0.") || name.contains(".resize_layers.1.");
        return transposed ? shape.dim(0) : shape.numel() / shape.dim(0);
    }

    private static String last(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }

    @Override
    public void close() {
        arena.close();
    }
}
