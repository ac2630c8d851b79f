package dev.fathom.tools.bench;

import dev.fathom.engine.ops.OpCost;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Forward passes or training steps, and by operation and module what they consist of. */
final class ModelPart implements Part {
    /** What is below this share of the time is added up. */
    private static final double SHOWN_SHARE = 0.005;

    private final ModelBench bench;
    private final boolean training;
    private final boolean byModule;
    private final int runs;

    /**
     * @param training whole steps instead of forward passes
     * @param byModule whether a second table says in which module the time goes
     */
    ModelPart(ModelBench bench, boolean training, boolean byModule, int runs) {
        this.bench = bench;
        this.training = training;
        this.byModule = byModule;
        this.runs = runs;
    }

    @Override
    public String title() {
        return bench.encoder().id() + (training ? " training step, " : " forward, ") + bench.batch() + " x "
                + bench.side() + " x " + bench.side() + ", " + bench.precision()
                + (bench.recompute() ? ", recompute" : "");
    }

    @Override
    public Found measure() {
        ModelBench.Result result = training ? bench.step(work -> ModelBench.time(work, runs))
                : bench.forward(work -> ModelBench.time(work, runs));
        return new Measured(result);
    }

    private final class Measured implements Found {
        private final ModelBench.Result result;
        private final OpCost cost;

        private Measured(ModelBench.Result result) {
            this.result = result;
            this.cost = result.profile().cost();
        }

        @Override
        public String text(MachineRates rates) {
            double median = result.samples().median();
            double rate = cost.flops() / median;
            StringBuilder s = new StringBuilder(String.format(Locale.ROOT, "%s: %s%s%n", title(),
                    result.samples().describe(), bench.batch() == 1 ? ""
                    : String.format(Locale.ROOT, ", %.3f s a picture", median / bench.batch())));
            s.append(String.format(Locale.ROOT, "%.1f GFLOP, %.0f GFLOP/s: %.0f %% of the product rate; tensors at most"
                    + " %,d MiB%n%n", cost.flops() * 1e-9, rate * 1e-9, 100 * rate / rates.productFlops(),
                    result.peakBytes() >> 20));
            s.append(table("operation", result.profile().byOperation(rates)));
            if (byModule) {
                s.append('\n').append(table("module", result.profile().byModule(rates)));
            }
            return s.toString();
        }

        private String table(String first, List<Profile.Row> rows) {
            MarkdownTable table = new MarkdownTable(1, first, "calls", "ms", "share", "GFLOP/s", "GB/s", "limit",
                    "of it");
            double all = result.profile().seconds();
            double rest = 0;
            int calls = 0;
            for (Profile.Row row : rows) {
                if (row.seconds() < SHOWN_SHARE * all) {
                    rest += row.seconds();
                    calls += row.calls();
                    continue;
                }
                table.row(row.name(), Integer.toString(row.calls()), MarkdownTable.number(1e3 * row.seconds(), 1),
                        share(row.seconds(), all), row.cost().flops() == 0 ? "-"
                        : MarkdownTable.number(row.cost().flops() / row.seconds() * 1e-9, 0),
                        MarkdownTable.number(row.cost().bytes() / row.seconds() * 1e-9, 1), row.limit(),
                        MarkdownTable.percent(row.share()));
            }
            if (calls > 0) {
                table.row("(the others)", Integer.toString(calls), MarkdownTable.number(1e3 * rest, 1),
                        share(rest, all), "", "", "", "");
            }
            double between = result.profile().between();
            table.row("(between operations)", "", MarkdownTable.number(1e3 * between, 1), share(between, all), "", "",
                    "", "");
            return table.toString();
        }

        private static String share(double seconds, double all) {
            return MarkdownTable.number(100 * seconds / all, 1) + " %";
        }

        @Override
        public Map<String, Object> json(MachineRates rates) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("part", training ? "step" : "forward");
            map.put("encoder", bench.encoder().id());
            map.put("batch", bench.batch());
            map.put("side", bench.side());
            map.put("precision", bench.precision().toString());
            map.put("recompute", bench.recompute());
            map.putAll(result.samples().json());
            map.put("flop", cost.flops());
            map.put("share_of_product_rate", cost.flops() / result.samples().median() / rates.productFlops());
            map.put("peak_tensor_bytes", result.peakBytes());
            map.put("seconds_between_operations", result.profile().between());
            map.put("operations", rows(result.profile().byOperation(rates)));
            map.put("modules", rows(result.profile().byModule(rates)));
            return map;
        }

        private static List<Map<String, Object>> rows(List<Profile.Row> rows) {
            List<Map<String, Object>> list = new ArrayList<>();
            for (Profile.Row row : rows) {
                Map<String, Object> map = new LinkedHashMap<>();
                map.put("name", row.name());
                map.put("calls", row.calls());
                map.put("seconds", row.seconds());
                map.put("flop", row.cost().flops());
                map.put("bytes", row.cost().bytes());
                map.put("limit", row.limit());
                map.put("share_of_limit", row.share());
                list.add(map);
            }
            return list;
        }
    }
}
