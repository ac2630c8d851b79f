package dev.fathom.tools.points;

import dev.fathom.models.camera.ExifLens;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Frames of a data set: with its own depth, or for a network to say. */
final class DatasetFrames implements FrameSource {
    private final DepthDataset data;
    private final String set;
    private final List<Integer> numbers;
    private final boolean truth;
    private final CameraArguments camera;
    private final long pixels;

    /**
     * @param set as it was typed
     * @param numbers of the frames, from 0
     * @param truth whether the set's own depth is taken
     */
    DatasetFrames(DepthDataset data, String set, List<Integer> numbers, boolean truth, CameraArguments camera) {
        this.data = data;
        this.set = set;
        this.numbers = numbers;
        this.truth = truth;
        this.camera = camera;
        this.pixels = data.pixelsOfFirstUsable(DepthDataset.LOOKS);
    }

    @Override
    public int size() {
        return numbers.size();
    }

    @Override
    public Path stem(int index) {
        return Path.of(String.format(Locale.ROOT, "frame_%05d", numbers.get(index)));
    }

    @Override
    public long pixels(int index) {
        return pixels;
    }

    @Override
    public Frame read(int index) {
        DepthSample sample = data.sample(numbers.get(index));
        String name = "Frame " + numbers.get(index) + " of " + set + " (" + sample.name() + ")";
        CameraChoice choice = camera.choose(name, sample.camera(), () -> exif(data.name(numbers.get(index))),
                sample.width(), sample.height());
        return new Frame(name, sample.picture(), truth ? sample.depth() : null, "metres", choice,
                List.of("source frame " + numbers.get(index) + " of " + set));
    }

    /** Of a set of somebody's own photos; others have none. */
    private static ExifLens exif(String name) {
        try {
            return ExifLens.of(Path.of(name));
        } catch (InvalidPathException e) {
            return ExifLens.SILENT;     // the name is not that of a file
        }
    }
}
