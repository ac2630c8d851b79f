package dev.fathom.tools.bench;

import dev.fathom.engine.cpu.WorkPool;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Forward passes on one thread and on all, in turns, so that both meet the machine in the same moods. */
final class ThreadsPart implements Part {
    private static final double SHOWN_SHARE = 0.005;

    private final ModelBench bench;
    private final int runs;

    ThreadsPart(ModelBench bench, int runs) {
        this.bench = bench;
        this.runs = runs;
    }

    @Override
    public String title() {
        return bench.encoder().id() + " forward, " + bench.batch() + " x " + bench.side() + " x " + bench.side()
                + ", one thread against " + WorkPool.shared().threads();
    }

    @Override
    public Found measure() {
        return bench.forward(work -> {
            WorkPool all = WorkPool.shared();
            List<Recorder.Pass> one = new ArrayList<>();
            List<Recorder.Pass> many = new ArrayList<>();
            try (WorkPool single = new WorkPool(1)) {
                for (int i = -Math.max(1, runs / 3); i < runs; i++) {
                    Recorder.Pass slow;
                    WorkPool.replaceShared(single);
                    try {
                        slow = Recorder.record(work.run());
                    } finally {
                        WorkPool.replaceShared(all);
                    }
                    Recorder.Pass fast = Recorder.record(work.run());
                    if (i >= 0) {
                        one.add(slow);
                        many.add(fast);
                    }
                }
            }
            Sites sites = new Sites(work.model().parameters());
            double[] ratios = new double[runs];
            for (int i = 0; i < runs; i++) {
                ratios[i] = one.get(i).seconds() / many.get(i).seconds();
            }
            return new Measured(title(), samples(one), samples(many), new Samples(ratios), Profile.of(one, sites),
                    Profile.of(many, sites), all.threads());
        });
    }

    private static Samples samples(List<Recorder.Pass> passes) {
        return new Samples(passes.stream().mapToDouble(Recorder.Pass::seconds).toArray());
    }

    /**
     * What came of it.
     *
     * @param ratios of the passes of each turn, sorted
     */
    private record Measured(String title, Samples one, Samples all, Samples ratios, Profile slow, Profile fast,
                            int threads) implements Found {
        @Override
        public String text(MachineRates rates) {
            StringBuilder s = new StringBuilder(String.format(Locale.ROOT,
                    "%s: 1 thread %.3f s, %d threads %.3f s, %.2f times as fast (quartiles %.2f to %.2f of %d"
                    + " turns)%n%n",
                    title, one.median(), threads, all.median(), ratios.median(), ratios.quantile(0.25),
                    ratios.quantile(0.75), ratios.seconds().length));
            MarkdownTable table = new MarkdownTable(1, "operation", "calls", "ms, 1", "ms, " + threads, "times",
                    "idle");
            Map<String, Profile.Row> many = byName(rates);
            for (Profile.Row row : slow.byOperation(rates)) {
                if (row.seconds() > SHOWN_SHARE * slow.seconds()) {
                    row(table, row.name(), Integer.toString(row.calls()), row.seconds(),
                            many.get(row.name()).seconds());
                }
            }
            row(table, "(between operations)", "", slow.between(), fast.between());
            row(table, "all", "", slow.seconds(), fast.seconds());
            return s.append(table).toString();
        }

        /** Idle: the share of the threads' time in which they did not do what the single one had to. */
        private void row(MarkdownTable table, String name, String calls, double slow, double fast) {
            table.row(name, calls, MarkdownTable.number(1e3 * slow, 1), MarkdownTable.number(1e3 * fast, 1),
                    MarkdownTable.number(slow / fast, 2), MarkdownTable.percent(1 - slow / fast / threads));
        }

        private Map<String, Profile.Row> byName(MachineRates rates) {
            Map<String, Profile.Row> rows = new TreeMap<>();
            fast.byOperation(rates).forEach(r -> rows.put(r.name(), r));
            return rows;
        }

        @Override
        public Map<String, Object> json(MachineRates rates) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("part", "threads");
            map.put("name", title);
            map.put("threads", threads);
            map.put("one", one.json());
            map.put("all", all.json());
            map.put("times_as_fast", ratios.median());
            map.put("times_as_fast_lower_quartile", ratios.quantile(0.25));
            map.put("times_as_fast_upper_quartile", ratios.quantile(0.75));
            Map<String, Object> operations = new LinkedHashMap<>();
            Map<String, Profile.Row> many = byName(rates);
            slow.byOperation(rates).forEach(r -> operations.put(r.name(),
                    Map.of("one_seconds", r.seconds(), "all_seconds", many.get(r.name()).seconds())));
            map.put("operations", operations);
            return map;
        }
    }
}
