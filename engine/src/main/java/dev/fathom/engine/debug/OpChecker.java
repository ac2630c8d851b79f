package dev.fathom.engine.debug;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.debug.CheckedOp.Phase;
import dev.fathom.engine.debug.CheckedOp.Value;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.dispatch.DispatchListener;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.SumOfSquares;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Looks at all values that the operations of a pass make, forward and backward, and finds the first that is NaN or
 * infinite. {@code torch.autograd.detect_anomaly}, but it looks at forward operations too and says where they belong.
 *
 * <pre>{@code
 * Optional<CheckedOp> first = OpChecker.firstNonFinite(parameterNames, () -> step.run());
 * }</pre>
 *
 * <p>Each result is counted on its own device by {@link SumOfSquares}'s kernel; only where it is not finite are its
 * values, and those of the arguments, fetched and described. The checks change no bit of what the pass computes: they
 * go past the dispatcher, so neither autograd nor a checkpoint hears of them. What runs as a captured graph is not seen:
 * run the pass plainly. Operations of other threads are not looked at.
 */
public final class OpChecker implements DispatchListener {
    private final ModuleTrace modules;
    private final Consumer<CheckedOp> each;
    private final Thread thread = Thread.currentThread();
    /** What the operation at hand is about to update in place, as it was before, by its argument's number. */
    private final Map<Integer, ValueRange> before = new HashMap<>();
    private Op gradientOf;
    private String module;
    private Phase phase;
    private int count;
    private CheckedOp first;

    /** @param each hears of every operation; null if only the first that is not finite is wanted */
    private OpChecker(Map<Tensor, String> parameters, Consumer<CheckedOp> each) {
        this.modules = new ModuleTrace(parameters);
        this.each = each;
    }

    /**
     * Runs work on this thread and finds the first operation that makes a value which is not finite. Operations after it
     * are not looked at.
     *
     * @param parameters names of a model's parameters by their tensors
     */
    public static Optional<CheckedOp> firstNonFinite(Map<Tensor, String> parameters, Runnable work) {
        return run(new OpChecker(parameters, null), work);
    }

    /**
     * The same, and describes every operation on the way and after it. Slow: all values are read one by one on the host.
     *
     * @param each hears of the operations in order, each after it ran
     */
    public static Optional<CheckedOp> describe(Map<Tensor, String> parameters, Consumer<CheckedOp> each,
            Runnable work) {
        return run(new OpChecker(parameters, each), work);
    }

    private static Optional<CheckedOp> run(OpChecker checker, Runnable work) {
        Dispatcher.listen(checker);
        try {
            work.run();
        } finally {
            Dispatcher.listen(null);
        }
        return Optional.ofNullable(checker.first);
    }

    @Override
    public void gradientOf(Op op) {
        if (Thread.currentThread() == thread) {
            gradientOf = op;
        }
    }

    @Override
    public void begins(Op op, List<Tensor> in) {
        if (isIgnored()) {
            return;
        }
        phase = phase();
        module = modules.moduleOf(op, in, phase == Phase.BACKWARD ? gradientOf : null, Section.current());
        before.clear();
        for (int i : op.mutates()) {
            before.put(i, ValueRange.of(in.get(i)));
        }
    }

    private boolean isIgnored() {
        return Thread.currentThread() != thread || first != null && each == null;
    }

    /** Backward runs without recording, except where a checkpoint's function runs again. */
    private Phase phase() {
        if (gradientOf != null) {
            return GradMode.isEnabled() ? Phase.RECOMPUTE : Phase.BACKWARD;
        }
        return Section.LOSS.equals(Section.current()) ? Phase.LOSS : Phase.FORWARD;
    }

    @Override
    public void ran(Op op, List<Tensor> in, List<Tensor> out, long nanos) {
        if (isIgnored()) {
            return;
        }
        count++;
        modules.made(op, in, out, module);
        List<Tensor> made = Stream.concat(out.stream(), Arrays.stream(op.mutates()).mapToObj(in::get)).toList();
        boolean finite = nonFinite(made) == 0;
        if (finite && each == null) {
            return;
        }
        CheckedOp checked = new CheckedOp(count, phase, module, op.name(), phase == Phase.BACKWARD ? gradientOf.name()
                : null, inputs(in), made.stream().map(t -> value(t, ValueRange.of(t))).toList());
        if (!finite && first == null) {
            first = checked;
        }
        if (each != null) {
            each.accept(checked);
        }
    }

    private List<Value> inputs(List<Tensor> in) {
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < in.size(); i++) {
            values.add(value(in.get(i), before.containsKey(i) ? before.get(i) : ValueRange.of(in.get(i))));
        }
        return values;
    }

    private Value value(Tensor t, ValueRange range) {
        return new Value(modules.parameter(t), range, range.isFinite() ? List.of() : brokenRows(t));
    }

    private static List<Integer> brokenRows(Tensor t) {
        if (t.rank() == 0) {
            return List.of();
        }
        MemorySegment elements = t.hostBytes();
        long bytes = t.bytes() / t.dim(0);
        TensorSpec row = new TensorSpec(Shape.of(Math.toIntExact(bytes / t.dtype().bytes())), t.dtype());
        return IntStream.range(0, t.dim(0))
                .filter(i -> !ValueRange.of(elements.asSlice(i * bytes, bytes), row).isFinite()).boxed().toList();
    }

    /** How many elements of all these tensors are NaN or infinite; counted where the tensors are. */
    public static long nonFinite(List<Tensor> tensors) {
        // float64 is what sums are kept in: a few numbers each, and no device counts them.
        long wide = tensors.stream().filter(t -> t.dtype() == DType.F64).map(ValueRange::of)
                .mapToLong(range -> range.nan() + range.infinite()).sum();
        List<Tensor> floats = tensors.stream().filter(t -> t.dtype().isFloat() && t.dtype() != DType.F64).toList();
        if (floats.isEmpty()) {
            return wide;
        }
        try (MemoryScope scope = MemoryScope.open("check")) {
            Op op = new SumOfSquares();
            TensorSpec spec = op.infer(floats.stream().map(TensorSpec::of).toList()).getFirst();
            Tensor result = Tensor.allocate(spec, floats.getFirst().device());
            Backends.of(result.device()).kernel(op, floats).run(op, floats, List.of(result));
            return wide + (long) result.toDoubles()[1];
        }
    }
}
