package dev.fathom.training.nan;

import dev.fathom.engine.DType;
import dev.fathom.engine.debug.CheckedOp;
import dev.fathom.engine.debug.CheckedOp.Phase;
import dev.fathom.engine.debug.CheckedOp.Value;
import dev.fathom.engine.debug.ValueRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Where a step stopped being finite, and what is known of its weights and its batch.
 *
 * @param op the first operation with a result that is not finite; null if all were finite this time
 * @param brokenWeights parameters that were not finite before the step
 * @param largestWeight the parameter with the largest finite magnitude
 * @param brokenSamples samples of the batch that are not finite themselves, each with what is wrong with it
 * @param names of the batch's samples
 */
public record Finding(CheckedOp op, List<Weight> brokenWeights, Weight largestWeight,
        List<String> brokenSamples, List<String> names) {
    /** Beyond this a network's weights have left all that training makes of them while it goes well. */
    private static final double DIVERGED = 1e4;
    private static final int SHOWN = 4;

    /** A parameter and its values. */
    public record Weight(String name, ValueRange range) {
    }

    /** What a step that is not finite comes from. */
    public enum Cause {
        /** Weights were not finite before the step. */
        WEIGHTS,
        /** The batch holds values that are not finite. */
        BATCH,
        /** An operation made them from finite ones. */
        OPERATION,
        /** Nothing: run again, the step is finite. */
        NONE
    }

    /** What it comes from. */
    public Cause cause() {
        if (op == null) {
            return Cause.NONE;
        }
        if (op.readFinite()) {
            return Cause.OPERATION;
        }
        // All that ran before it was finite, so what it read was so from the beginning.
        return op.brokenInputs().anyMatch(v -> v.parameter() != null) ? Cause.WEIGHTS : Cause.BATCH;
    }

    /** Whether the step is finite now. */
    public boolean isFinite() {
        return op == null;
    }

    /** One sentence without a full stop: which module and operation, forward or backward, from what. */
    public String sentence() {
        return switch (cause()) {
            case NONE -> "run again, every operation of the step gives finite values";
            case WEIGHTS -> "before the step " + some(brokenWeights.stream()
                    .map(w -> w.name() + " (" + w.range().values() + ")").toList())
                    + (brokenWeights.size() == 1 ? " was" : " were") + " not finite already";
            case BATCH -> "the batch itself is not finite: " + some(brokenSamples.isEmpty() ? names : brokenSamples);
            case OPERATION -> String.format(Locale.ROOT, "%s (%s, operation %,d) made the first value that is not"
                    + " finite, from finite ones", op.where(), op.phase(), op.number());
        };
    }

    private static String some(List<String> things) {
        return String.join(", ", things.subList(0, Math.min(SHOWN, things.size())))
                + (things.size() > SHOWN ? " and " + (things.size() - SHOWN) + " more" : "");
    }

    /** The samples that what is not finite belongs to; empty if that cannot be told. */
    public List<String> samples() {
        if (op == null || op.phase() != Phase.FORWARD || cause() == Cause.WEIGHTS) {
            return List.of();
        }
        Set<Integer> rows = new TreeSet<>();
        for (Value v : op.outputs()) {
            if (v.range().spec().rank() > 1 && v.range().spec().dim(0) == names.size() && !op.op().equals("cast")) {
                rows.addAll(v.brokenRows());
            }
        }
        return rows.stream().map(names::get).toList();
    }

    /** The report, one fact a line: for people. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        List<String> concerned = samples();
        lines.add(row("samples", String.join(", ", names) + (concerned.isEmpty() || concerned.size() == names.size()
                ? "" : "; not finite in " + String.join(", ", concerned))));
        lines.add(row("found", sentence()));
        if (op != null) {
            if (cause() != Cause.OPERATION) {
                lines.add(row("first in", String.format(Locale.ROOT, "%s (%s, operation %,d)", op.where(), op.phase(),
                        op.number())));
            }
            op.inputs().forEach(v -> lines.add(row("it read", v.toString())));
            op.outputs().forEach(v -> lines.add(row("it made", v.toString())));
        }
        if (brokenWeights.isEmpty()) {
            lines.add(row("weights", String.format(Locale.ROOT, "all finite, the largest magnitude is %.4g (%s)",
                    largestWeight.range().largest(), largestWeight.name())));
        } else if (cause() != Cause.WEIGHTS) {
            lines.add(row("weights", "not finite, but not the beginning: " + some(brokenWeights.stream()
                    .map(Weight::name).toList())));
        }
        lines.add(row("try", advice()));
        return lines;
    }

    private static String row(String title, String text) {
        return String.format(Locale.ROOT, "  %-8s %s", title, text);
    }

    /** What to do, as a clause. */
    public String advice() {
        return switch (cause()) {
            case NONE -> "going on: the values were not wrong in the numbers but on the way to them; if it comes again,"
                    + " suspect this machine's memory or device";
            case WEIGHTS -> "an earlier update made them so: begin again from a state or model saved before it, with a"
                    + " lower --lr or a longer --warmup-epochs";
            case BATCH -> "look at these samples, and repair them or take them out of the data";
            case OPERATION -> operationAdvice();
        };
    }

    private String operationAdvice() {
        if (largestWeight.range().largest() > DIVERGED) {
            return "the weights have grown far beyond their usual size, so training has diverged: begin again from an"
                    + " earlier state with a lower --lr, a longer --warmup-epochs or --clip-norm 1";
        }
        Set<DType> dtypes = op.outputs().stream().map(v -> v.range().spec().dtype()).collect(Collectors.toSet());
        if (dtypes.contains(DType.F16)) {
            return "--precision bf16 or fp32: float16 holds nothing above 65504";
        }
        if (dtypes.contains(DType.BF16)) {
            return "--precision fp32, or a lower --lr: values beyond 3e38 are rarely healthy";
        }
        return "a lower --lr or --clip-norm 1; replay the step with --all to see where its values begin to grow";
    }
}
