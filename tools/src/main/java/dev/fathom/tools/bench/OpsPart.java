package dev.fathom.tools.bench;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.OpCost;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Every operation of a model by itself: one forward pass and one training step are recorded, and then each operation
 * that came up is run alone, again and again, on tensors of the same shapes. So the list is the model's own whatever
 * its operations are; and the process has run whole passes before, as a real one has, whose kernels the compiler has seen
 * with many shapes.
 */
final class OpsPart implements Part {
    /** Seconds to warm up one operation. */
    private static final double WARM_UP = 0.15;

    private final ModelBench bench;
    private final int runs;
    private final Pattern only;

    /** @param only a part of what stands in a row; the rows that have it are measured */
    OpsPart(ModelBench bench, int runs, Pattern only) {
        this.bench = bench;
        this.runs = runs;
        this.only = only;
    }

    /** Equal operations on equal shapes, whichever weights they read. */
    private record Key(Op op, List<TensorSpec> in, String phase) {
    }

    /**
     * One of them.
     *
     * @param learns which arguments are parameters
     */
    private record Case(Key key, List<TensorSpec> out, List<Boolean> learns, Set<String> sites, int calls) {
        OpCost cost() {
            return key.op.cost(key.in, out);
        }

        /** The shapes of what is multiplied: the first two arguments, or all that there are. */
        String shapes() {
            return key.in.stream().limit(2).map(s -> java.util.Arrays.stream(s.shape().toArray())
                    .mapToObj(Integer::toString).collect(Collectors.joining("x"))).collect(Collectors.joining(" "));
        }

        String words() {
            return key.op.name() + " " + shapes() + " " + String.join(" ", sites) + " " + key.phase;
        }
    }

    @Override
    public String title() {
        return "operations of " + bench.encoder().id() + ", " + bench.batch() + " x " + bench.side() + " x "
                + bench.side() + ", " + bench.precision();
    }

    @Override
    public Found measure() {
        Map<Key, Case> cases = new LinkedHashMap<>();
        bench.forward(work -> add(cases, work, false));
        bench.step(work -> add(cases, work, true));
        Map<Case, Samples> samples = new LinkedHashMap<>();
        for (Case c : cases.values()) {
            if (only.matcher(c.words()).find()) {
                samples.put(c, time(c));
            }
        }
        return new Measured(samples);
    }

    /** Adds what a second pass consists of: the first also makes what is made once. */
    private static Map<Key, Case> add(Map<Key, Case> cases, ModelBench.Work work, boolean training) {
        Recorder.record(work.run());
        List<Event> events = Recorder.record(work.run()).events();
        Sites sites = new Sites(work.model().parameters());
        List<String> names = sites.of(events);
        Map<Key, Case> found = new LinkedHashMap<>();
        for (int i = 0; i < events.size(); i++) {
            Event e = events.get(i);
            String phase = names.get(i).equals(Sites.OPTIMISER) ? "update" : e.gradientOf() != null ? "gradient"
                    : "forward";
            Key key = new Key(e.op(), e.inputs(), phase);
            Case c = new Case(key, e.outputs(), e.in().stream().map(sites::isParameter).toList(),
                    new LinkedHashSet<>(List.of(names.get(i))), 1);
            found.merge(key, c, (a, b) -> {
                a.sites.addAll(b.sites);
                return new Case(key, a.out, a.learns, a.sites, a.calls + 1);
            });
        }
        found.forEach(cases::putIfAbsent);
        return cases;
    }

    private Samples time(Case c) {
        try (MemoryScope scope = MemoryScope.open("operation"); GradMode.Scope off = GradMode.noGrad()) {
            Tensor[] in = new Tensor[c.key.in.size()];
            for (int i = 0; i < in.length; i++) {
                Tensor t = filled(c.key.in.get(i), i);
                in[i] = c.learns.get(i) ? t.asParameter() : t;
            }
            return Samples.of(runs, 2, WARM_UP, () -> Dispatcher.run(c.key.op, in));
        }
    }

    /** Numbers between 0.1 and 1: roots have arguments, and nothing becomes denormal, which would be slow. */
    private static Tensor filled(TensorSpec spec, int seed) {
        if (spec.dtype().kind() == DType.Kind.BOOLEAN) {
            return Tensors.full(spec, Device.CPU, 1);
        }
        float[] values = new float[Math.toIntExact(spec.shape().numel())];
        int state = 12345 + seed;
        for (int i = 0; i < values.length; i++) {
            state = state * 1664525 + 1013904223;
            values[i] = 0.1f + 0.9f * (state >>> 8) / (1 << 24);
        }
        return Tensor.allocate(spec, Device.CPU).copyFrom(values);
    }

    /** What came of it. */
    private final class Measured implements Found {
        private final Map<Case, Samples> samples;

        private Measured(Map<Case, Samples> samples) {
            this.samples = samples;
        }

        private Collection<Map.Entry<Case, Samples>> slowestFirst(String phase) {
            return samples.entrySet().stream().filter(e -> e.getKey().key.phase.equals(phase))
                    .sorted(Comparator.comparingDouble((Map.Entry<Case, Samples> e) ->
                            e.getValue().median() * e.getKey().calls).reversed()).toList();
        }

        @Override
        public String text(MachineRates rates) {
            StringBuilder s = new StringBuilder(title()).append(", each by itself:\n");
            for (String phase : List.of("forward", "gradient", "update")) {
                Collection<Map.Entry<Case, Samples>> rows = slowestFirst(phase);
                if (rows.isEmpty()) {
                    continue;
                }
                MarkdownTable table = new MarkdownTable(3, phase, "shapes", "of", "calls", "ms", "quartiles", "all ms",
                        "GFLOP/s", "GB/s", "limit", "of it");
                rows.forEach(e -> row(table, e.getKey(), e.getValue(), rates));
                s.append('\n').append(table);
            }
            return s.toString();
        }

        private void row(MarkdownTable table, Case c, Samples t, MachineRates rates) {
            OpCost cost = c.cost();
            MachineRates.Limit limit = rates.limit(cost);
            double median = t.median();
            table.row(c.key.op.name(), c.shapes(), c.sites.stream().limit(2).collect(Collectors.joining(", "))
                    + (c.sites.size() > 2 ? ", ..." : ""), Integer.toString(c.calls),
                    MarkdownTable.number(1e3 * median, 3),
                    MarkdownTable.number(1e3 * t.quantile(0.25), 3) + " to "
                    + MarkdownTable.number(1e3 * t.quantile(0.75), 3),
                    MarkdownTable.number(1e3 * median * c.calls, 1), cost.flops() == 0 ? "-"
                    : MarkdownTable.number(cost.flops() / median * 1e-9, 0),
                    MarkdownTable.number(cost.bytes() / median * 1e-9, 1), limit.by(),
                    MarkdownTable.percent(limit.seconds() / median));
        }

        @Override
        public Map<String, Object> json(MachineRates rates) {
            List<Map<String, Object>> rows = new ArrayList<>();
            samples.forEach((c, t) -> {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("operation", c.key.op.name());
                row.put("attributes", c.key.op.toString());
                row.put("phase", c.key.phase);
                row.put("arguments", c.key.in.stream().map(TensorSpec::toString).toList());
                row.put("modules", c.sites);
                row.put("calls", c.calls);
                row.putAll(t.json());
                OpCost cost = c.cost();
                row.put("flop", cost.flops());
                row.put("bytes", cost.bytes());
                MachineRates.Limit limit = rates.limit(cost);
                row.put("limit", limit.by());
                row.put("share_of_limit", limit.seconds() / t.median());
                rows.add(row);
            });
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("part", "ops");
            map.put("encoder", bench.encoder().id());
            map.put("batch", bench.batch());
            map.put("side", bench.side());
            map.put("precision", bench.precision().toString());
            map.put("operations", rows);
            return map;
        }
    }
}
