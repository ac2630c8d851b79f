package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.driver.DeviceProperties;
import dev.fathom.engine.cuda.dry.DryDriver;
import dev.fathom.engine.cuda.kernels.Route;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.memory.MemoryScope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which of the many ways (dtypes, GPUs, routes) a trial of {@link ProductShapes} goes. All of them take minutes on the
 * emulated GPU. A driver that only counts says beforehand which kernels each would use; so each trial goes one way, the
 * one whose kernels have been met least, and then as many more as it takes until every kernel is met by {@value #MET}.
 */
final class ProductCases {
    private static final int MET = 2;
    private static final Device DRY = Device.emulated(5);
    private static final DeviceProperties HOPPER = DryDriver.H200;
    private static final DeviceProperties TURING = new DeviceProperties("T4 (dry)", 75, 40, 16L << 30, 64 << 10, 12060);

    /** A way to compute. */
    enum Way {
        SMALL_TILES(90, Route.OWN), LARGE_TILES(90, Route.OWN_LARGE), LIBRARY(90, Route.LIBRARY), TURING(75, Route.OWN);

        final int capability;
        final Route route;

        Way(int capability, Route route) {
            this.capability = capability;
            this.route = route;
        }
    }

    /** A trial, of this dtype, this way, and what it launches and calls. */
    record Case(String name, Trial trial, DType dtype, Way way, Set<String> kernels) {
        @Override
        public String toString() {
            return name + ", " + dtype + ", " + way;
        }
    }

    private final Map<String, Integer> met = new HashMap<>();

    private ProductCases() {
    }

    /** Every trial in every dtype every way that is different. */
    static List<Case> all() {
        List<Case> cases = new ArrayList<>();
        for (DeviceProperties properties : List.of(HOPPER, TURING)) {
            DryDriver driver = new DryDriver(properties);
            Backends.install(new CudaBackend(DRY, driver));
            try {
                ProductShapes.trials().forEach((name, trial) -> {
                    for (DType dtype : List.of(DType.F32, DType.F16, DType.BF16)) {
                        addAll(cases, driver, name, dtype == DType.F32 ? trial : trial.inHalf(dtype), dtype);
                    }
                });
            } finally {
                Backends.close(DRY);
            }
        }
        return cases;
    }

    private static void addAll(List<Case> cases, DryDriver driver, String name, Trial trial, DType dtype) {
        int capability = driver.properties().computeCapability();
        if (capability == 75 && dtype == DType.F32) {
            return;
        }
        Set<Set<String>> known = new HashSet<>();
        for (Way way : Way.values()) {
            if (way.capability == capability) {
                Set<String> kernels = kernels(driver, trial, way.route);
                if (known.add(kernels)) {
                    cases.add(new Case(name, trial, dtype, way, kernels));
                }
            }
        }
    }

    private static Set<String> kernels(DryDriver driver, Trial trial, Route route) {
        try (MemoryScope scope = MemoryScope.open("dry"); Route.Forced forced = Route.force(route)) {
            List<Tensor> in = trial.specs().stream().map(ProductCases::tensor).toList();
            List<Tensor> out = trial.op().infer(trial.specs()).stream().map(ProductCases::tensor).toList();
            driver.reset();
            Backends.of(DRY).kernel(trial.op(), in).run(trial.op(), in, out);
            return driver.calls().keySet();
        }
    }

    private static Tensor tensor(TensorSpec spec) {
        return Tensor.allocate(spec, DRY);
    }

    /** A selection, as the class says. */
    static List<Case> some() {
        ProductCases cover = new ProductCases();
        Map<String, List<Case>> byTrial = new LinkedHashMap<>();
        Set<String> kernels = new TreeSet<>();
        for (Case c : all()) {
            byTrial.computeIfAbsent(c.name, k -> new ArrayList<>()).add(c);
            kernels.addAll(c.kernels);
        }
        List<Case> chosen = new ArrayList<>();
        byTrial.values().forEach(cases -> cover.choose(cases, chosen));
        for (String kernel : kernels) {
            while (cover.met.getOrDefault(kernel, 0) < MET) {
                List<Case> more = byTrial.values().stream().flatMap(List::stream)
                        .filter(c -> c.kernels.contains(kernel) && !chosen.contains(c)).toList();
                if (more.isEmpty()) {
                    break;
                }
                cover.choose(more, chosen);
            }
        }
        return chosen;
    }

    private void choose(List<Case> from, List<Case> chosen) {
        Case best = from.getFirst();
        for (Case c : from) {
            best = least(c) < least(best) ? c : best;
        }
        best.kernels.forEach(k -> met.merge(k, 1, Integer::sum));
        chosen.add(best);
    }

    private int least(Case c) {
        return c.kernels.stream().mapToInt(k -> met.getOrDefault(k, 0)).min().orElse(Integer.MAX_VALUE);
    }
}
