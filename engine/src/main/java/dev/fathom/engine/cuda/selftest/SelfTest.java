package dev.fathom.engine.cuda.selftest;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.DTypeException;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.errors.MissingKernelException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Runs operations on a device and compares with their float64 loops: an element may differ by a part of the largest
 * element of its result, 2e-5 in float32, 4e-3 in float16, 3e-2 in bfloat16. That is wide: what this is to find is a
 * kernel that does not run, or computes something else, on this GPU with this driver and these libraries.
 */
public final class SelfTest {
    private static final List<DType> TRIED = List.of(DType.F32, DType.F16, DType.BF16);

    private SelfTest() {
    }

    /**
     * One operation with inputs of one dtype.
     *
     * @param name the operation, its dtype and shapes
     * @param used the largest deviation as a part of what is allowed; above 1 is a failure
     * @param failure what went wrong, or null
     */
    public record Result(String name, double used, String failure) {
        public boolean passed() {
            return failure == null;
        }
    }

    /**
     * Runs everything.
     *
     * @param listener hears each result as it comes
     * @return all results
     */
    public static List<Result> run(Device device, Consumer<Result> listener) {
        List<Result> results = new ArrayList<>();
        for (SelfTestCase c : SelfTestCases.all()) {
            for (DType tried : TRIED) {
                run(c, tried, device).ifPresent(r -> {
                    results.add(r);
                    listener.accept(r);
                });
            }
        }
        return results;
    }

    /**
     * Runs a product, a convolution, a norm and attention in float32 and float16: a fraction of a second.
     *
     * @return the first failure in one sentence, empty if all is well
     */
    public static Optional<String> quick(Device device) {
        for (SelfTestCase c : SelfTestCases.all().stream().filter(SelfTestCase::isQuick).toList()) {
            for (DType tried : List.of(DType.F32, DType.F16)) {
                Optional<Result> result = run(c, tried, device);
                if (result.isPresent() && !result.get().passed()) {
                    return Optional.of("the self-test of " + device + " fails at " + result.get().name() + ": "
                        + result.get().failure());
                }
            }
        }
        return Optional.empty();
    }

    /** How many results {@link #run} has at most. */
    public static int count() {
        return SelfTestCases.all().size() * TRIED.size();
    }

    /** The operations that are covered: a test compares them with those that have kernels. */
    public static Set<Class<? extends Op>> covered() {
        Set<Class<? extends Op>> classes = new HashSet<>();
        SelfTestCases.all().forEach(c -> classes.add(c.op().getClass()));
        return classes;
    }

    /** Empty where the operation does not take the dtype. */
    private static Optional<Result> run(SelfTestCase c, DType tried, Device device) {
        List<TensorSpec> specs = c.specs(tried);
        List<TensorSpec> outputs;
        try {
            outputs = c.op().infer(specs);
        } catch (DTypeException notThis) {
            return Optional.empty();
        }
        String name = c.describe(tried);
        try (MemoryScope scope = MemoryScope.open("self-test"); GradMode.Scope off = GradMode.noGrad()) {
            double used = compare(c, specs, outputs, device);
            return Optional.of(new Result(name, used, used <= 1 ? null : "the largest deviation from the float64"
                + " specification is " + used + " times what is allowed"));
        } catch (MissingKernelException e) {
            // Half types are a matter of speed: an operation may leave them out, float32 it may not.
            return tried == DType.F32 ? Optional.of(new Result(name, 0, e.getMessage())) : Optional.empty();
        } catch (FathomException e) {
            return Optional.of(new Result(name, 0, e.getMessage()));
        }
    }

    private static double compare(SelfTestCase c, List<TensorSpec> specs, List<TensorSpec> outputs, Device device) {
        List<NdArray> exactIn = new ArrayList<>();
        Tensor[] in = new Tensor[specs.size()];
        List<double[]> values = c.values();
        for (int i = 0; i < in.length; i++) {
            // What the device gets is rounded to the dtype, and the specification starts from the same.
            Tensor host = Tensor.allocate(specs.get(i), Device.CPU).copyFrom(values.get(i));
            exactIn.add(new NdArray(specs.get(i).shape(), host.toDoubles()));
            in[i] = host.to(device);
        }
        List<Tensor> out = Dispatcher.run(c.op(), in);
        List<NdArray> exactOut = new ArrayList<>();
        outputs.forEach(s -> exactOut.add(NdArray.zeros(s.shape())));
        c.op().reference(exactIn, exactOut);
        double worst = 0;
        for (int k = 0; k < out.size(); k++) {
            worst = Math.max(worst, deviation(exactOut.get(k).data(), out.get(k), narrowest(specs, out.get(k))));
        }
        for (int i : c.op().mutates()) {
            worst = Math.max(worst, deviation(exactIn.get(i).data(), in[i], narrowest(specs, in[i])));
        }
        return worst;
    }

    /** A float32 result of half inputs was rounded to half on the way where products want it so. */
    private static DType narrowest(List<TensorSpec> specs, Tensor result) {
        for (DType half : List.of(DType.BF16, DType.F16)) {
            if (result.dtype() == half || specs.stream().anyMatch(s -> s.dtype() == half)) {
                return half;
            }
        }
        return result.dtype();
    }

    private static double deviation(double[] exact, Tensor computed, DType precision) {
        double[] actual = computed.toDoubles();
        double largest = 1e-3;
        for (double e : exact) {
            largest = Math.max(largest, Math.abs(e));
        }
        double allowed = largest * switch (precision) {
            case F16 -> 4e-3;
            case BF16 -> 3e-2;
            default -> 2e-5;
        };
        double worst = 0;
        for (int i = 0; i < exact.length; i++) {
            double difference = Math.abs(exact[i] - actual[i]);
            worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
        }
        return worst / allowed;
    }
}
