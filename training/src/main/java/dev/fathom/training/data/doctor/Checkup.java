package dev.fathom.training.data.doctor;

import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.OrderedPrefetch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Reads frames of a data set and keeps what the checks need to know: a few kilobytes a frame. The same frames give the
 * same facts, whatever the number of threads.
 *
 * @param most how many frames to read of a larger set, evenly spread over it
 * @param threads that read, at least 1
 */
public record Checkup(int most, int threads) {
    /** Frames of which every depth is compared with every picture. */
    public static final int PAIRED = 1000;

    /** Checks the numbers. */
    public Checkup {
        if (most < 1 || threads < 1) {
            throw new IllegalArgumentException(most + " frames on " + threads + " threads");
        }
    }

    private record Item(FrameFacts.Look look, BadFrame bad) {
    }

    /** How many frames of a set are read. */
    public int looked(DepthDataset data) {
        return Math.min(most, data.size());
    }

    /**
     * Reads; frames that cannot be used are kept as such.
     *
     * @param label what a person calls the set
     * @param unitSetting whether its format lets one say the unit of depth
     * @param goOn asked after each frame; where it says no, what was seen so far is the result
     */
    public SetFacts of(DepthDataset data, String label, boolean unitSetting, BooleanSupplier goOn) {
        int count = looked(data);
        List<FrameFacts> frames = new ArrayList<>();
        List<BadFrame> bad = new ArrayList<>();
        List<Pairing> pairings = new ArrayList<>();
        ShiftSurface surface = new ShiftSurface();
        DepthPlaces places = new DepthPlaces();
        DepthBins bins = new DepthBins();
        int looked = 0;
        try (OrderedPrefetch<Item> items = new OrderedPrefetch<>("fathom-checkup", 0, count, threads, threads + 1,
                i -> read(data, (int) ((long) i * data.size() / count)))) {
            while (items.hasNext()) {
                Item item = items.next();
                looked++;
                if (item.bad != null) {
                    bad.add(item.bad);
                } else {
                    frames.add(item.look.facts());
                    surface.add(item.look.surface());
                    places.add(item.look.places());
                    bins.add(item.look.bins());
                    if (pairings.size() < PAIRED) {
                        pairings.add(item.look.pairing());
                    }
                }
                if (!goOn.getAsBoolean()) {
                    break;
                }
            }
        }
        return new SetFacts(label, unitSetting, data.size(), count, looked, frames, bad, surface, places, bins,
                pairings);
    }

    private static Item read(DepthDataset data, int index) {
        try {
            return new Item(FrameFacts.look(index, data.sample(index)), null);
        } catch (FrameException e) {
            return new Item(null, new BadFrame(index, data.name(index), e.fault(), e.getMessage()));
        }
    }
}
