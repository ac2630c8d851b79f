package dev.fathom.training.data.sets;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hypersim as it is unpacked: {@code ai_001_001/images/scene_cam_00_geometry_hdf5/frame.0000.depth_meters.hdf5} with its
 * photo {@code .../scene_cam_00_final_preview/frame.0000.tonemap.jpg}.
 *
 * <p>The HDF5 array {@code dataset} (float16) is the distance along each pixel's ray, which is not depth. As in Depth
 * Anything V2's loader, with a focal length of 886.81 pixels for 1024 columns and the middle of the picture as the
 * principal point: z = distance / |(x, y, f)| * f, all in float32. NaN is a hole. (Some scenes were rendered with a
 * tilted or shifted camera, which the loader, and so this class, does not know.)
 */
final class Hypersim {
    static final DatasetFormat FORMAT = new DatasetFormat("hypersim",
            "Hypersim: ai_*/images/scene_cam_*_geometry_hdf5/frame.*.depth_meters.hdf5 with scene_cam_*_final_preview/"
            + "frame.*.tonemap.jpg; ray distances become depth along Z with a focal length of 886.81 at 1024 columns",
            Map.of("list", "a text file with 'rgb depth' in each line; otherwise every depth map found"),
            Hypersim::open);

    /** Pixels, in a picture of {@link #COLUMNS}. */
    private static final float FOCAL = 886.81f;
    private static final int COLUMNS = 1024;
    private static final Pattern DEPTH = Pattern.compile("(.*)_geometry_hdf5/(frame\\.\\d+)\\.depth_meters\\.hdf5");

    private Hypersim() {
    }

    static DepthDataset open(DatasetSpec spec) {
        List<PairedDataset.Pair> pairs = spec.setting("list").isPresent() ? PairedDataset.listed(spec) : found(spec.path());
        return new PairedDataset(spec, pairs, Hypersim::read);
    }

    private static List<PairedDataset.Pair> found(Path root) {
        List<PairedDataset.Pair> pairs = new ArrayList<>();
        for (Path depth : PairedDataset.find(root, below -> DEPTH.matcher(below).matches())) {
            Matcher parts = DEPTH.matcher(PairedDataset.below(root, depth));
            if (parts.matches()) {
                pairs.add(new PairedDataset.Pair(FileList.present(root.resolve(parts.group(1) + "_final_preview/"
                        + parts.group(2) + ".tonemap.jpg")), depth));
            }
        }
        return pairs;
    }

    private static DepthSample read(PairedDataset.Pair pair) {
        FrameFiles.Depth distance = FrameFiles.hdf5(pair.depth(), "dataset");
        float focal = FOCAL * distance.width() / COLUMNS;
        planar(distance, focal);
        return FrameFiles.sample(pair.image(), FrameFiles.picture(pair.image()), pair.depth(), distance,
                Optional.of(Intrinsics.centred(focal, distance.width(), distance.height())));
    }

    /** Distances along the rays become depths along Z, in place, in the order of operations of the original. */
    private static void planar(FrameFiles.Depth map, float focal) {
        float[] metres = map.metres();
        for (int row = 0, i = 0; row < map.height(); row++) {
            float y = (float) (row + 0.5 - map.height() / 2.0);
            for (int column = 0; column < map.width(); column++, i++) {
                float x = (float) (column + 0.5 - map.width() / 2.0);
                float ray = (float) Math.sqrt(x * x + y * y + focal * focal);
                metres[i] = metres[i] / ray * focal;
            }
        }
    }
}
