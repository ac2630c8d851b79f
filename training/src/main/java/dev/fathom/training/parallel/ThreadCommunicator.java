package dev.fathom.training.parallel;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.AddInPlace;
import java.util.Arrays;
import java.util.List;

/**
 * Collective operations among threads of this process, on one device or several. Host tensors are read where they lie;
 * what lies on another GPU comes over the host. The root of a reduction adds with all its threads while the others wait.
 */
final class ThreadCommunicator implements Communicator {
    private static final Object HERE = new Object();

    private final Rendezvous meeting;
    private final int rank;
    private final int worldSize;

    ThreadCommunicator(Rendezvous meeting, int rank, int worldSize) {
        this.meeting = meeting;
        this.rank = rank;
        this.worldSize = worldSize;
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int worldSize() {
        return worldSize;
    }

    @Override
    public void broadcast(List<Tensor> tensors, int root) {
        List<Tensor> source = lists(tensors)[root];
        if (rank != root) {
            requireAlike("broadcast", source, tensors);
            for (int i = 0; i < tensors.size(); i++) {
                if (tensors.get(i).storage() != source.get(i).storage()) {
                    copy(source.get(i), tensors.get(i));
                }
            }
        }
        barrier();
    }

    @Override
    public void reduce(List<Tensor> tensors, int root) {
        List<Tensor>[] all = lists(tensors);
        if (rank == root) {
            for (int r = 0; r < worldSize; r++) {
                if (r != root && !all[r].isEmpty()) {
                    requireAlike("reduce", tensors, all[r]);
                    add(all[r], tensors);
                }
            }
        }
        barrier();
    }

    @Override
    public double[][] allGather(double[] values) {
        return Arrays.stream(meeting.exchange(rank, values.clone())).map(v -> ((double[]) v).clone())
                .toArray(double[][]::new);
    }

    @Override
    public void barrier() {
        meeting.exchange(rank, HERE);
    }

    @SuppressWarnings("unchecked")
    private List<Tensor>[] lists(List<Tensor> own) {
        return Arrays.stream(meeting.exchange(rank, List.copyOf(own))).toArray(List[]::new);
    }

    private void requireAlike(String operation, List<Tensor> expected, List<Tensor> got) {
        boolean alike = expected.size() == got.size();
        for (int i = 0; alike && i < got.size(); i++) {
            alike = expected.get(i).spec().equals(got.get(i).spec());
        }
        if (!alike) {
            throw new IllegalArgumentException(operation + ": worker " + rank + " sees " + expected.size() + " tensors here"
                    + " and " + got.size() + " there, or some that differ in shape or dtype; every worker must pass"
                    + " the same list");
        }
    }

    private static void add(List<Tensor> terms, List<Tensor> sums) {
        try (GradMode.Scope off = GradMode.noGrad()) {
            for (int i = 0; i < sums.size(); i++) {
                try (MemoryScope scope = MemoryScope.open("reduce")) {
                    Dispatcher.run(new AddInPlace(), sums.get(i), on(sums.get(i).device(), terms.get(i)));
                }
            }
        }
    }

    /** The same values on a device; a copy in the innermost scope if they are not there. */
    private static Tensor on(Device device, Tensor t) {
        if (t.device().equals(device)) {
            return t;
        }
        boolean over = !t.device().isHost() && !device.isHost();
        return (over ? t.to(Device.CPU) : t).to(device);
    }

    private static void copy(Tensor from, Tensor to) {
        try (MemoryScope scope = MemoryScope.open("broadcast")) {
            Tensor near = from.device().isHost() || from.device().equals(to.device()) ? from
                    : Tensors.convert(from, from.dtype(), Device.CPU);
            if (near.device().isHost()) {
                Backends.of(to.device()).upload(near.segment(), to);
            } else {
                Backends.of(to.device()).copy(near, to);
            }
            to.storage().touch();
        }
    }
}
