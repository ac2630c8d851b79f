package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * KITTI's raw recordings with annotated depth maps (16-bit PNG, metres times 256) or with the laser's points projected
 * into the picture ({@link LidarProjection}).
 *
 * <p>The lists of the field are read as they are, one frame a line: {@code 2011_09_26/2011_09_26_drive_0002_sync
 * 0000000069 l} (Eigen test files and the Eigen benchmark's), or picture and depth by path, with or without a focal
 * length behind them. A line whose depth is the word None says that this frame has none, and is left out.
 */
final class Kitti {
    static final DatasetFormat FORMAT = new DatasetFormat("kitti",
            "KITTI raw recordings (2011_*/2011_*_drive_*_sync/image_02) with annotated depth maps ([data_depth_annotated/]"
            + "train, val; PNG of metres times 256) or laser scans (velodyne_points)", settings(), Kitti::open);

    private static final double PER_METRE = 256;
    private static final String LINE = "'DAY/DRIVE FRAME l' of the Eigen lists, or the paths of a picture and of its depth";

    private record Key(Path day, int camera) {
    }

    private final Path root;
    private final boolean laser;
    private final boolean forward;
    private final Map<Key, KittiCalibration> calibrations = new ConcurrentHashMap<>();

    private Kitti(Path root, boolean laser, boolean forward) {
        this.root = root;
        this.laser = laser;
        this.forward = forward;
    }

    private static Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("depth", "annotated (default) or lidar: the scan's points, the nearest of a pixel");
        settings.put("lidar-depth", "of depth=lidar: scanner (default), the distance before the scanner, against which"
                + " published Eigen numbers are measured; or camera, along Z");
        settings.put("list", "a list of frames in one of the authors' forms; otherwise every annotated map found");
        return settings;
    }

    static DepthDataset open(DatasetSpec spec) {
        boolean laser = spec.choice("depth", "annotated", "lidar").equals("lidar");
        boolean forward = spec.choice("lidar-depth", "scanner", "camera").equals("scanner");
        if (!laser && spec.setting("lidar-depth").isPresent()) {
            throw new FathomException("The data set kitti uses lidar-depth with depth=lidar only; leave it out.");
        }
        Kitti set = new Kitti(spec.path(), laser, forward);
        if (spec.setting("list").isPresent()) {
            return new PairedDataset(spec, set.listed(new FileList(spec, "list")), set::read);
        }
        if (laser) {
            throw new FathomException("The data set kitti with depth=lidar needs list=FILE, one of the Eigen lists: not"
                    + " every scan is meant to be measured against.");
        }
        return new PairedDataset(spec, set.found(), set::read);
    }

    private List<PairedDataset.Pair> found() {
        List<PairedDataset.Pair> pairs = new ArrayList<>();
        for (Path depth : PairedDataset.find(root, below -> below.contains("proj_depth/groundtruth/")
                && KittiNames.ofPath(below).isPresent())) {
            KittiNames.ofPath(depth.toString()).ifPresent(names -> pairs.add(new PairedDataset.Pair(names.image(root),
                    depth)));
        }
        return pairs;
    }

    private List<PairedDataset.Pair> listed(FileList list) {
        list.ofAtLeast(2, LINE);
        List<PairedDataset.Pair> pairs = new ArrayList<>();
        FileList.Root images = null;
        FileList.Root depths = null;
        for (String[] line : list.lines()) {
            Optional<KittiNames> eigen = line.length < 3 ? Optional.empty()
                    : KittiNames.ofEigen(line[0], line[1], line[2]);
            Optional<KittiNames> names = eigen.isPresent() ? eigen : KittiNames.ofPath(line[0]);
            Optional<KittiNames> truth = eigen.isPresent() ? eigen : KittiNames.ofPath(line[1]);
            if (names.isPresent() && laser) {
                pairs.add(new PairedDataset.Pair(names.get().image(root), names.get().scan(root)));
            } else if (names.isPresent() && truth.isPresent()) {
                pairs.add(new PairedDataset.Pair(names.get().image(root), truth.get().annotated(root)));
            } else if (!laser && line[1].equals("None")) {
                continue;       // the list itself says that there is no truth
            } else if (!laser && line[0].matches(".*\\.(png|jpg)")) {
                images = images != null ? images : list.root(root, 0);
                depths = depths != null ? depths : list.root(root, 1);
                pairs.add(new PairedDataset.Pair(images.path(line[0]), depths.path(line[1])));
            } else {
                throw list.refusal(line, LINE);
            }
        }
        return pairs;
    }

    private DepthSample read(PairedDataset.Pair pair) {
        Picture picture = FrameFiles.picture(pair.image());
        if (laser) {
            KittiCalibration calibration = calibration(pair.image()).orElseThrow();
            return FrameFiles.sample(pair.image(), picture, pair.depth(),
                    LidarProjection.project(pair.depth(), calibration, forward), Optional.of(calibration.camera()));
        }
        Optional<Intrinsics> camera = calibration(pair.image()).map(KittiCalibration::camera);
        return FrameFiles.sample(pair.image(), picture, pair.depth(), FrameFiles.gray16(pair.depth(), PER_METRE), camera);
    }

    /** Of the day of a raw picture; empty for other pictures, and for annotated depth where no calibration is at hand. */
    private Optional<KittiCalibration> calibration(Path image) {
        return KittiNames.ofPath(image.toString()).filter(names -> laser
                || Files.exists(names.day(root).resolve("calib_cam_to_cam.txt"))).map(names ->
                calibrations.computeIfAbsent(new Key(names.day(root), names.camera()),
                key -> KittiCalibration.of(key.day(), key.camera(), laser)));
    }
}
