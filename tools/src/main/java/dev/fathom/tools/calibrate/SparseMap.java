package dev.fathom.tools.calibrate;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.numeric.Philox;
import dev.fathom.models.calibration.KnownPoint;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.tools.cli.MapText;
import dev.fathom.training.data.maps.MapFile;
import dev.fathom.training.data.maps.MapMeaning;
import dev.fathom.training.data.maps.RawMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A depth map with holes, of a range sensor say, as known points of a picture. */
final class SparseMap {
    private SparseMap() {
    }

    /**
     * The points of one map.
     *
     * @param depths pixels with a depth; {@code unsaid} those of the points drawn where the model gives 0, left out
     */
    record Points(List<KnownPoint> known, int depths, int unsaid) {
    }

    /** What the numbers of a map are; it must have been said, and be metres. */
    static MapMeaning meaning(MapText map) {
        MapMeaning meaning = map.meaning(Map.of());
        if (meaning.relative()) {
            throw new FathomException("The map " + map.path() + " has numbers without a unit, but metres are needed; say how"
                    + " long its unit is.");
        }
        return meaning;
    }

    /**
     * A seeded draw of the map's depths with the model's number at each. A map of another size than the picture is laid
     * over the whole of it, pixel centres on pixel centres.
     *
     * @param map the file and what its numbers are
     * @param relative what the model gave
     * @param most how many points to draw at most; of more, each is as probable as the others
     * @throws FathomException if the map cannot be read, has another shape than the picture or no depth at all
     */
    static Points points(MapText map, DepthMap relative, String picture, int most) {
        Path file = map.path();
        MapMeaning meaning = meaning(map);
        RawMap raw = MapFile.read(file, map.settings().get(MapText.ARRAY));
        double scaleX = (double) relative.width() / raw.width();
        double scaleY = (double) relative.height() / raw.height();
        if (Math.abs(scaleX * raw.height() - relative.height()) > Math.max(scaleX, 1)
                && Math.abs(scaleY * raw.width() - relative.width()) > Math.max(scaleY, 1)) {
            throw new FathomException("The map " + file + " is " + raw.width() + " x " + raw.height() + ", another shape than "
                    + picture + " with " + relative.width() + " x " + relative.height()
                    + "; expected a depth for the whole picture, at its size or smaller or larger as a whole.");
        }
        float[] metres = meaning.toDepth(raw).metres();
        int[] depths = IntStream.range(0, metres.length).filter(i -> metres[i] > 0).toArray();
        if (depths.length == 0) {
            throw new FathomException("The map " + file + " is all holes: none of its " + metres.length
                    + " numbers is a depth as " + meaning + "; check unit and invalid.");
        }
        List<KnownPoint> known = new ArrayList<>();
        int unsaid = 0;
        for (int i : drawn(depths, most)) {
            double x = Math.clamp((i % raw.width() + 0.5) * scaleX - 0.5, 0, relative.width() - 1);
            double y = Math.clamp((i / raw.width() + 0.5) * scaleY - 0.5, 0, relative.height() - 1);
            double d = MapPoints.at(relative, x, y);
            if (MapPoints.says(d)) {
                known.add(new KnownPoint(picture, x, y, metres[i], d));
            } else {
                unsaid++;
            }
        }
        return new Points(known, depths.length, unsaid);
    }

    private static int[] drawn(int[] depths, int most) {
        if (depths.length <= most) {
            return depths;
        }
        int[] order = Arrays.copyOf(new Philox(0, depths.length, most, 0).permutation(depths.length), most);
        return Arrays.stream(order).sorted().map(k -> depths[k]).toArray();
    }
}
