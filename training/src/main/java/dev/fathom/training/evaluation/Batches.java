package dev.fathom.training.evaluation;

import dev.fathom.models.image.NetworkSize;
import dev.fathom.training.data.ValidationSample;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Function;

/**
 * Works on samples in batches of one network size, and gives the results in the order of the samples. It reads ahead at
 * most {@link #AHEAD} batches' worth of samples to fill a batch; then the oldest sample's batch is worked on as it is.
 *
 * @param <R> what becomes of a sample
 */
final class Batches<R> implements Iterator<Batches.Done<R>> {
    /** Enough for three other sizes between two pictures of one. */
    private static final int AHEAD = 4;

    /**
     * A sample and what became of it.
     *
     * @param result of the work
     */
    record Done<R>(ValidationSample sample, R result) {
    }

    private static final class Slot<R> {
        private final ValidationSample sample;
        private R result;

        private Slot(ValidationSample sample) {
            this.sample = sample;
        }
    }

    private final Iterator<ValidationSample> samples;
    private final int batch;
    private final Function<List<ValidationSample>, List<R>> work;
    private final Deque<Slot<R>> window = new ArrayDeque<>();
    private final Map<NetworkSize, List<Slot<R>>> waiting = new HashMap<>();

    /**
     * @param batch how many samples are worked on together, at least 1
     * @param work a result a sample, in order; gets 1 to {@code batch} samples of one network size
     */
    Batches(Iterator<ValidationSample> samples, int batch, Function<List<ValidationSample>, List<R>> work) {
        this.samples = samples;
        this.batch = batch;
        this.work = work;
    }

    @Override
    public boolean hasNext() {
        return !window.isEmpty() || samples.hasNext();
    }

    @Override
    public Done<R> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        int most = batch == 1 ? 1 : AHEAD * batch;
        while ((window.isEmpty() || window.peek().result == null) && window.size() < most && samples.hasNext()) {
            add(samples.next());
        }
        if (window.peek().result == null) {
            workOn(size(window.peek().sample));
        }
        Slot<R> oldest = window.remove();
        return new Done<>(oldest.sample, oldest.result);
    }

    private void add(ValidationSample sample) {
        Slot<R> slot = new Slot<>(sample);
        window.add(slot);
        List<Slot<R>> same = waiting.computeIfAbsent(size(sample), size -> new ArrayList<>());
        same.add(slot);
        if (same.size() == batch) {
            workOn(size(sample));
        }
    }

    private void workOn(NetworkSize size) {
        List<Slot<R>> slots = waiting.remove(size);
        List<R> results = work.apply(slots.stream().map(slot -> slot.sample).toList());
        for (int i = 0; i < slots.size(); i++) {
            slots.get(i).result = results.get(i);
        }
    }

    private static NetworkSize size(ValidationSample sample) {
        return new NetworkSize(sample.width(), sample.height());
    }
}
