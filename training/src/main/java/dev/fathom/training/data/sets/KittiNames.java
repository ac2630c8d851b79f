package dev.fathom.training.data.sets;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A frame of KITTI's raw recordings, and where its files lie.
 *
 * @param day {@code 2011_09_26}
 * @param drive {@code 2011_09_26_drive_0002_sync}
 * @param camera 2, the left colour camera, or 3, the right one
 * @param frame its number as written, {@code 0000000069}
 */
record KittiNames(String day, String drive, int camera, String frame) {
    private static final Pattern RAW = Pattern.compile(
            "(?:.*[/\\\\])?((\\d{4}_\\d\\d_\\d\\d)_drive_\\d{4}_sync)[/\\\\](?:.*[/\\\\])?image_0([23])[/\\\\]"
            + "(?:data[/\\\\])?(\\d+)\\.(?:png|jpg)");
    private static final Pattern DRIVE = Pattern.compile(
            "(?:.*[/\\\\])?((\\d{4}_\\d\\d_\\d\\d)_drive_\\d{4}_sync)[/\\\\]?");

    /** From any path of a raw picture or of an annotated depth map. */
    static Optional<KittiNames> ofPath(String path) {
        Matcher m = RAW.matcher(path);
        return m.matches() ? Optional.of(new KittiNames(m.group(2), m.group(1), Integer.parseInt(m.group(3)),
                m.group(4))) : Optional.empty();
    }

    /** From the three fields of the Eigen lists: the drive's folder, the frame's number, l or r. */
    static Optional<KittiNames> ofEigen(String folder, String frame, String side) {
        Matcher m = DRIVE.matcher(folder);
        if (!m.matches() || !frame.matches("\\d{1,10}") || !side.matches("[lr23]")) {
            return Optional.empty();
        }
        int camera = side.equals("l") || side.equals("2") ? 2 : 3;
        return Optional.of(new KittiNames(m.group(2), m.group(1), camera, "0".repeat(10 - frame.length()) + frame));
    }

    /** The folder of the day, with its calibration. */
    Path day(Path root) {
        return firstPresent(root.resolve(day), root.resolve("raw").resolve(day),
                root.resolve("raw_data").resolve(day));
    }

    Path image(Path root) {
        return FileList.present(day(root).resolve(drive).resolve("image_0" + camera + "/data/" + frame + ".png"));
    }

    Path scan(Path root) {
        return day(root).resolve(drive).resolve("velodyne_points/data/" + frame + ".bin");
    }

    /** The annotated depth map, which is distributed in folders train and val. */
    Path annotated(Path root) {
        String below = drive + "/proj_depth/groundtruth/image_0" + camera + "/" + frame + ".png";
        return firstPresent(root.resolve("data_depth_annotated/val").resolve(below),
                root.resolve("data_depth_annotated/train").resolve(below), root.resolve("val").resolve(below),
                root.resolve("train").resolve(below), root.resolve("data_depth_annotated").resolve(below),
                root.resolve(below));
    }

    /** The first that is there; where none is, the first. */
    private static Path firstPresent(Path... paths) {
        return List.of(paths).stream().filter(Files::exists).findFirst().orElse(paths[0]);
    }
}
