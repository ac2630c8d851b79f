package dev.fathom.tests.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.emulated.EmulatedDriver;
import dev.fathom.engine.cuda.emulated.EmulatedOptions;
import dev.fathom.engine.cuda.kernels.Route;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.tests.conformance.ProductCases.Case;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Products and convolutions of the GPU at awkward shapes in all dtypes: by the project's kernels with small and with
 * large tiles, by those of a GPU without tensor cores for halves, and by NVIDIA's libraries. {@code
 * -Dfathom.products.all=true} runs everything in every way, for minutes: for whoever has changed a kernel.
 */
class ProductShapesTest {
    private static final Device HOPPER = Device.emulated(6);
    private static final Device TURING = Device.emulated(7);
    private static final List<String> MODULES = List.of("gemm", "gemm_sm80", "conv", "conv_sm80", "conv_pointwise",
            "conv_pointwise_sm80", "conv_backward", "conv_backward_sm80");
    private static final List<Case> CASES = Boolean.getBoolean("fathom.products.all") ? ProductCases.all()
            : ProductCases.some();

    @BeforeAll
    static void open() {
        EmulatedOptions options = EmulatedOptions.defaults();
        Backends.install(new CudaBackend(HOPPER, new EmulatedDriver(options)));
        Backends.install(new CudaBackend(TURING, new EmulatedDriver(options.withComputeCapability(75))));
    }

    @AfterAll
    static void close() {
        Backends.close(HOPPER);
        Backends.close(TURING);
    }

    @TestFactory
    Stream<DynamicTest> everyWayConforms() {
        return CASES.stream().map(c -> DynamicTest.dynamicTest(c.toString(), () -> {
            try (Route.Forced forced = Route.force(c.way().route)) {
                DeviceConformance.check(c.trial(), c.way().capability == 75 ? TURING : HOPPER);
            }
        }));
    }

    /** How an element is loaded decides the speed of the project's kernels, never the order of a sum. */
    @TestFactory
    Stream<DynamicTest> bitsDoNotDependOnAddresses() {
        return CASES.stream().filter(c -> c.name().matches("linear.*(7x9x8|33x40x24|residual)|matmul.*aligned"
                + "|conv 3x3 (bare|with a residual)|conv_transpose 2 of 16|conv_(input|weight) 3x3 stride 1, 64.*"
                + "|.*16 to 32 to 1")).filter(c -> c.way() != ProductCases.Way.LIBRARY)
                .map(c -> DynamicTest.dynamicTest(c.toString(), () -> {
                    Device device = c.way().capability == 75 ? TURING : HOPPER;
                    try (Route.Forced forced = Route.force(c.way().route)) {
                        List<double[]> aligned = run(c.trial(), device, 0);
                        List<double[]> shifted = run(c.trial(), device, 1);
                        for (int k = 0; k < aligned.size(); k++) {
                            assertArrayEquals(aligned.get(k), shifted.get(k), "result " + k);
                        }
                    }
                }));
    }

    private static List<double[]> run(Trial trial, Device device, int shift) {
        try (MemoryScope scope = MemoryScope.open("addresses")) {
            List<Tensor> in = trial.args().stream()
                    .map(arg -> shifted(arg.spec(), device, shift).copyFrom(arg.values())).toList();
            List<Tensor> out = trial.op().infer(trial.specs()).stream().map(s -> shifted(s, device, shift)).toList();
            Backends.of(device).kernel(trial.op(), in).run(trial.op(), in, out);
            return out.stream().map(Tensor::toDoubles).toList();
        }
    }

    private static Tensor shifted(TensorSpec spec, Device device, int shift) {
        Shape whole = Shape.of(Math.toIntExact(spec.shape().numel() + shift));
        return Tensor.allocate(new TensorSpec(whole, spec.dtype()), device).view(shift, spec.shape());
    }

    @Test
    void noKernelIsLeftOut() throws IOException {
        Set<String> missing = new TreeSet<>();
        for (String module : MODULES) {
            try (InputStream in = CudaBackend.class.getResourceAsStream("/cuda/ptx/" + module + ".ptx")) {
                Matcher entry = Pattern.compile("\\.entry (\\w+)\\(")
                        .matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                while (entry.find()) {
                    missing.add(module + "/" + entry.group(1));
                }
            }
        }
        CASES.forEach(c -> missing.removeAll(c.kernels()));
        assertEquals(Set.of(), missing, "kernels that no trial uses");
    }
}
