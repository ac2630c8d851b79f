package dev.fathom.tools.bench;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.debug.Section;
import dev.fathom.engine.dispatch.DispatchListener;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Op;
import java.util.ArrayList;
import java.util.List;

/** Writes down what runs in a pass and does nothing else meanwhile: what it took between kernels would be counted. */
final class Recorder implements DispatchListener {
    /**
     * A pass.
     *
     * @param seconds by the clock, from before the first kernel to after the last
     */
    record Pass(List<Event> events, double seconds) {
        /** Time in which no kernel ran: checks, allocation, autograd, all on one thread. */
        double between() {
            return seconds - events.stream().mapToDouble(Event::seconds).sum();
        }
    }

    private final List<Event> events = new ArrayList<>();
    private Op gradientOf;

    private Recorder() {
    }

    /** Runs work once and records it. */
    static Pass record(Runnable work) {
        Recorder recorder = new Recorder();
        Dispatcher.listen(recorder);
        long start;
        long end;
        try (MemoryScope scope = MemoryScope.open("run")) {
            start = System.nanoTime();
            work.run();
            end = System.nanoTime();
        } finally {
            Dispatcher.listen(null);
        }
        return new Pass(recorder.events, (end - start) * 1e-9);
    }

    @Override
    public void ran(Op op, List<Tensor> in, List<Tensor> out, long nanos) {
        long end = System.nanoTime();
        events.add(new Event(op, in, out, gradientOf, Section.current(), end - nanos, end));
    }

    @Override
    public void gradientOf(Op op) {
        gradientOf = op;
    }
}
