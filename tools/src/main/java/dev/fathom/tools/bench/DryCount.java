package dev.fathom.tools.bench;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.cuda.dry.DryDriver;
import dev.fathom.engine.dispatch.DispatchListener;
import dev.fathom.engine.memory.Storage;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.OpCost;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Adds up what the operations of a pass cost, and what the pass would have to move at least. */
final class DryCount implements DispatchListener {
    /**
     * One kind of operation over a pass.
     *
     * @param launches of kernels and library calls
     * @param seconds that the device needs at least
     */
    record Kind(String name, long calls, long launches, OpCost cost, double seconds) {
        Kind plus(Kind more) {
            return new Kind(name, calls + more.calls, launches + more.launches, cost.plus(more.cost),
                    seconds + more.seconds);
        }
    }

    private final DryDriver driver;
    private final Ceilings ceilings;
    private final Map<String, Kind> kinds = new LinkedHashMap<>();
    private final Set<Storage> written = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<Storage> read = Collections.newSetFromMap(new IdentityHashMap<>());
    private long leastBytes;
    private long launches;

    /** Begins now: what the driver counted before does not count. */
    DryCount(DryDriver driver, Ceilings ceilings) {
        this.driver = driver;
        this.ceilings = ceilings;
        driver.reset();
    }

    @Override
    public void ran(Op op, List<Tensor> in, List<Tensor> out, long nanos) {
        OpCost cost = op.cost(in.stream().map(Tensor::spec).toList(), out.stream().map(Tensor::spec).toList());
        long before = launches;
        launches = driver.launches();
        kinds.merge(op.name(), new Kind(op.name(), 1, launches - before, cost,
                ceilings.seconds(cost, TensorSpec.of(in.getFirst()))), Kind::plus);
        in.forEach(t -> least(read, t));
        out.forEach(t -> least(written, t));
        for (int i : op.mutates()) {
            least(written, in.get(i));
        }
    }

    /** Bytes move at least once each way; whatever they are called, views of them are the same bytes. */
    private void least(Set<Storage> seen, Tensor t) {
        if (seen.add(t.storage())) {
            leastBytes += t.storage().bytes();
        }
    }

    /** In order of first use. */
    List<Kind> kinds() {
        return List.copyOf(kinds.values());
    }

    /** All kinds together. */
    Kind total() {
        return kinds.values().stream().reduce(new Kind("total", 0, 0, OpCost.NOTHING, 0), Kind::plus);
    }

    /** Every tensor that was made written once, and read once if anybody reads it; weights and the input read once. */
    long leastBytes() {
        return leastBytes;
    }
}
