package dev.fathom.tests.evaluation;

import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.synth.HoleSettings;
import dev.fathom.training.synth.SynthDataset;
import java.util.List;

/**
 * Rendered rooms of several sizes, which take turns irregularly.
 *
 * @param size how many
 */
record MixedRooms(int size) implements DepthDataset {
    private static final List<int[]> SIZES = List.of(new int[] {84, 70}, new int[] {70, 84}, new int[] {96, 70},
            new int[] {90, 75});
    private static final int[] TURNS = {0, 1, 0, 0, 2, 3, 0, 1, 3, 0, 2};

    @Override
    public DepthSample sample(int index) {
        int[] size = SIZES.get(TURNS[index % TURNS.length]);
        return new SynthDataset(5, index, 1, size[0], size[1], new HoleSettings(0.3)).sample(0);
    }

    @Override
    public String name(int index) {
        return "room-" + index;
    }
}
