package dev.fathom.training.step;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.memory.Storage;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.parallel.Split;
import dev.fathom.training.parallel.Workers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Each batch in parts, on one device one after another, or shared out among several. Every worker walks through its share
 * ({@link PartsPass}); the gradients are added up on the first, which alone has an optimiser.
 *
 * <p>Workers on the processor read the same weights. On several GPUs each has a replica, which gets the weights that have
 * changed at the beginning of the next pass.
 */
final class SplitPass implements GradientPass {
    private final Objective objective;
    private final Precision precision;
    private final Split split;
    private final Workers workers;
    private final MemoryScope replicas = MemoryScope.standing("replicas");
    /** By rank; the first is the model itself. */
    private final List<DepthAnythingV2> networks = new ArrayList<>();
    /** What the replicas hold: of which bytes, and of which version of them. */
    private final Map<String, Sent> sent = new HashMap<>();

    private record Sent(Storage storage, long version) {
        static Sent of(Tensor weight) {
            return new Sent(weight.storage(), weight.storage().version());
        }
    }

    /** @throws FathomException if the model has statistics of a whole batch */
    SplitPass(DepthAnythingV2 model, Objective objective, Precision precision, Split split) {
        this(withoutStatistics(model, split), objective, precision, split,
                new Workers(split.devices().isEmpty() ? List.of(model.device()) : split.devices()));
    }

    /** @param workers one that takes the parts of all, or as many as there are shares */
    private SplitPass(DepthAnythingV2 model, Objective objective, Precision precision, Split split, Workers workers) {
        this.objective = objective;
        this.precision = precision;
        this.split = split;
        this.workers = workers;
        if (!workers.device(0).equals(model.device())) {
            throw new IllegalArgumentException("the model is on " + model.device() + ", the first worker on "
                    + workers.device(0));
        }
        for (int rank = 0; rank < workers.size(); rank++) {
            networks.add(workers.device(rank).equals(model.device()) ? model : replica(model, workers.device(rank)));
        }
    }

    private static DepthAnythingV2 withoutStatistics(DepthAnythingV2 model, Split split) {
        if (model.parameters().all().stream().anyMatch(p -> !p.trainable() && !p.isFrozen())) {
            throw new FathomException("This network has batch norms, which need the statistics of the whole batch, but "
                    + split + " would see parts of it; leave --accumulate and --devices out, or freeze their running"
                    + " statistics.");
        }
        return model;
    }

    private DepthAnythingV2 replica(DepthAnythingV2 model, Device device) {
        DepthAnythingV2 copy = new DepthAnythingV2(model.config(), model.head());
        copy.gradientCheckpointing(model.gradientCheckpointing());
        model.parameters().all().stream().filter(Parameter::isFrozen)
                .forEach(p -> copy.parameters().get(p.name()).freeze());
        try (MemoryScope.Visit inside = replicas.enter()) {
            copy.parameters().allocate(device);
        }
        return copy;
    }

    @Override
    public Result run(Batch batch, double lossScale) {
        List<List<Batch>> shares = shares(batch);
        List<String> changed = changed();
        return workers.run(group -> {
            DepthAnythingV2 network = networks.get(group.rank());
            if (!changed.isEmpty()) {
                group.broadcast(changed.stream().map(name -> network.parameters().get(name).tensor()).toList(), 0);
            }
            // An epoch's last batch may have fewer pictures than there are workers: those at the end wait then.
            List<Batch> parts = group.rank() < shares.size() ? shares.get(group.rank()) : List.of();
            return new PartsPass(network, objective, precision, group).run(parts, lossScale);
        });
    }

    /** The parts of a batch by worker. */
    private List<List<Batch>> shares(Batch batch) {
        List<List<Batch>> shares = batch.split(split.workers()).stream().map(s -> s.split(split.accumulate())).toList();
        return workers.size() == split.workers() ? shares : List.of(shares.stream().flatMap(List::stream).toList());
    }

    /** The weights that the replicas, if there are any, do not have yet. */
    private List<String> changed() {
        if (networks.stream().distinct().count() == 1) {
            return List.of();
        }
        return networks.getFirst().parameters().all().stream()
                .filter(p -> !Sent.of(p.tensor()).equals(sent.put(p.name(), Sent.of(p.tensor()))))
                .map(Parameter::name).toList();
    }

    /** The same parts, all of them on the first worker's device, and so its sums in another order. */
    @Override
    public GradientPass plain() {
        return new SplitPass(networks.getFirst(), objective, precision, split,
                new Workers(List.of(workers.device(0))));
    }

    @Override
    public void close() {
        workers.close();
        replicas.close();
    }
}
