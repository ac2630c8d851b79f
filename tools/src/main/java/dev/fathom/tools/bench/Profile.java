package dev.fathom.tools.bench;

import dev.fathom.engine.ops.OpCost;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Where the time of a pass goes: the median over several recorded passes of each of its kernels, and of the time in
 * which none ran.
 */
final class Profile {
    /**
     * Some kernels of a pass together.
     *
     * @param name of the operation, or of the module and its operations
     * @param leastSeconds that the machine needs for each of them at least, added up
     */
    record Row(String name, int calls, double seconds, OpCost cost, double leastSeconds, double arithmeticSeconds) {
        Row plus(Row more) {
            return new Row(name, calls + more.calls, seconds + more.seconds, cost.plus(more.cost),
                    leastSeconds + more.leastSeconds, arithmeticSeconds + more.arithmeticSeconds);
        }

        /** What most of the least time is for. */
        String limit() {
            return arithmeticSeconds >= leastSeconds / 2 ? "FLOP" : "bytes";
        }

        /** How near to the limit: 1 is there. */
        double share() {
            return leastSeconds / seconds;
        }
    }

    private final List<Event> events;
    private final List<String> sites;
    private final double[] seconds;
    private final double between;

    private Profile(List<Event> events, List<String> sites, double[] seconds, double between) {
        this.events = events;
        this.sites = sites;
        this.seconds = seconds;
        this.between = between;
    }

    /**
     * Of passes that ran the same kernels in the same order.
     *
     * @throws IllegalStateException if they did not
     */
    static Profile of(List<Recorder.Pass> passes, Sites sites) {
        List<Event> events = passes.getLast().events();
        double[] seconds = new double[events.size()];
        for (int i = 0; i < seconds.length; i++) {
            int at = i;
            seconds[i] = new Samples(passes.stream().mapToDouble(p -> {
                if (p.events().size() != events.size()
                        || !p.events().get(at).op().name().equals(events.get(at).op().name())) {
                    throw new IllegalStateException("two passes of the same work differ at kernel " + at);
                }
                return p.events().get(at).seconds();
            }).toArray()).median();
        }
        double between = new Samples(passes.stream().mapToDouble(Recorder.Pass::between).toArray()).median();
        return new Profile(events, sites.of(events), seconds, between);
    }

    /** All kernels of a pass together, and what lies between them. */
    double seconds() {
        double sum = between;
        for (double s : seconds) {
            sum += s;
        }
        return sum;
    }

    /** Time in which no kernel ran. */
    double between() {
        return between;
    }

    OpCost cost() {
        return events.stream().map(Event::cost).reduce(OpCost.NOTHING, OpCost::plus);
    }

    /** By kind of operation, slowest first. */
    List<Row> byOperation(MachineRates rates) {
        return rows(rates, i -> events.get(i).op().name());
    }

    /** By module, forward and gradient apart, with the operations it consists of; slowest first. */
    List<Row> byModule(MachineRates rates) {
        Map<String, List<String>> names = new LinkedHashMap<>();
        for (int i = 0; i < seconds.length; i++) {
            List<String> of = names.computeIfAbsent(module(i), m -> new ArrayList<>());
            String name = events.get(i).op().name();
            if (!of.contains(name)) {
                of.add(name);
            }
        }
        return rows(rates, i -> {
            List<String> of = names.get(module(i));
            int shown = Math.min(3, of.size());
            return module(i) + ": " + String.join(", ", of.subList(0, shown))
                    + (shown < of.size() ? ", " + (of.size() - shown) + " more" : "");
        });
    }

    private String module(int i) {
        boolean gradient = events.get(i).gradientOf() != null && !sites.get(i).equals(Sites.OPTIMISER);
        return gradient ? sites.get(i) + ", gradient" : sites.get(i);
    }

    private List<Row> rows(MachineRates rates, IntFunction<String> key) {
        Map<String, Row> rows = new LinkedHashMap<>();
        for (int i = 0; i < seconds.length; i++) {
            OpCost cost = events.get(i).cost();
            MachineRates.Limit limit = rates.limit(cost);
            Row row = new Row(key.apply(i), 1, seconds[i], cost, limit.seconds(),
                    limit.by().equals("FLOP") ? limit.seconds() : 0);
            rows.merge(row.name(), row, Row::plus);
        }
        return rows.values().stream().sorted(Comparator.comparingDouble(Row::seconds).reversed()).toList();
    }
}
