package dev.fathom.tools.points;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.camera.ExifLens;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tools.cli.MapText;
import dev.fathom.tools.output.SavedMeaning;
import dev.fathom.tools.predict.InputPictures;
import dev.fathom.training.data.maps.MapFile;
import dev.fathom.training.data.maps.MapMeaning;
import dev.fathom.training.data.maps.Quantity;
import dev.fathom.training.data.maps.RawMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One photo and a file with its depth. There is a point for each pixel of the depth map, which is never resized,
 * because depths between a thing and what is behind it are nobody's; the photo's colours are averaged, or repeated,
 * instead.
 */
final class DepthFileFrames implements FrameSource {
    /** Sides that were rounded to whole pixels differ by less. */
    private static final double SAME_SHAPE = 0.02;

    private final InputPictures.Input input;
    private final MapText depth;
    private final MapMeaning meaning;
    private final CameraArguments camera;

    /**
     * @param force whether depth may be made up of relative numbers
     * @throws FathomException if nothing says what the file's numbers mean, or they are relative
     */
    DepthFileFrames(InputPictures.Input input, MapText depth, boolean force, CameraArguments camera) {
        this.input = input;
        this.depth = depth;
        this.camera = camera;
        Map<String, String> own = depth.declared() ? Map.of() : SavedMeaning.of(depth.path());
        this.meaning = depth.meaning(own);
        if (meaning.relative() && !force) {
            throw new FathomException("The depth file " + depth.path() + " is relative (" + meaning + "), so its"
                    + " numbers are no lengths and points made of them are bent; take metric depth, or --force to look"
                    + " at them anyway.");
        }
    }

    @Override
    public int size() {
        return 1;
    }

    @Override
    public Path stem(int index) {
        return input.stem();
    }

    @Override
    public long pixels(int index) {
        return PictureReader.pixels(input.file());
    }

    @Override
    public Frame read(int index) {
        Picture photo = PictureReader.read(input.file());
        String name = "The picture " + input.file();
        CameraChoice choice = camera.choose(name, Optional.empty(), () -> ExifLens.of(input.file()), photo.width(),
                photo.height());
        RawMap map = MapFile.read(depth.path(), depth.settings().get(MapText.ARRAY));
        double shape = (double) map.width() / map.height() / ((double) photo.width() / photo.height());
        if (Math.abs(shape - 1) > SAME_SHAPE) {
            throw new FathomException("The depth file " + depth.path() + " has " + map.width() + " x " + map.height()
                    + " numbers, another shape than the picture " + input.file() + " with " + photo.width() + " x "
                    + photo.height() + " pixels, turned upright; expected depth of this picture.");
        }
        List<String> facts = new ArrayList<>(List.of("source " + input.file().getFileName(),
                "depth file " + depth.path().getFileName() + ", " + meaning));
        if (map.width() != photo.width() || map.height() != photo.height()) {
            Intrinsics scaled = choice.camera().scaled((double) map.width() / photo.width(),
                    (double) map.height() / photo.height());
            choice = new CameraChoice(scaled, map.width(), map.height(), choice.from() + ", scaled from the photo's "
                    + photo.width() + " x " + photo.height());
            photo = ColourGrid.of(photo, map.width(), map.height());
        }
        if (meaning.relative()) {
            facts.add(MadeUpDepth.WORDS);
        }
        return new Frame(name, photo, metresOrMadeUp(map), meaning.relative() ? "" : "metres", choice, facts);
    }

    private float[] metresOrMadeUp(RawMap map) {
        if (!meaning.relative()) {
            return meaning.toDepth(map).metres();
        }
        float[] numbers = meaning.toNumbers(map);
        if (meaning.quantity() == Quantity.DEPTH) {
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = numbers[i] > 0 ? 1 / numbers[i] : Float.NaN;
            }
        }
        return MadeUpDepth.of(numbers);
    }
}
