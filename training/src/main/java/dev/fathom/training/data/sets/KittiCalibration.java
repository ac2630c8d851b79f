package dev.fathom.training.data.sets;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.training.data.FrameException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The calibration of one day of KITTI's raw recordings: {@code calib_cam_to_cam.txt} and {@code calib_velo_to_cam.txt},
 * lines of a name, a colon and numbers.
 *
 * @param width of a rectified picture of camera 2, pixels (S_rect_02)
 * @param height of the same
 * @param projection P_rect of the camera, 3 x 4, row-major: rectified coordinates of camera 0 to pixels
 * @param rotation R_rect_00, 3 x 3: camera 0 to its rectified coordinates
 * @param laser (R | T) from the laser scanner to camera 0, 3 x 4, or null where it was not asked for
 */
record KittiCalibration(int width, int height, double[] projection, double[] rotation, double[] laser) {

    /** Of the folder of a day, {@code 2011_09_26}; camera 2 is the left, 3 the right colour camera. */
    static KittiCalibration of(Path day, int camera, boolean withLaser) {
        Path cameras = day.resolve("calib_cam_to_cam.txt");
        Map<String, String> lines = lines(cameras);
        double[] size = numbers(cameras, lines, "S_rect_02", 2);
        double[] laser = null;
        if (withLaser) {
            Path file = day.resolve("calib_velo_to_cam.txt");
            Map<String, String> of = lines(file);
            double[] r = numbers(file, of, "R", 9);
            double[] t = numbers(file, of, "T", 3);
            laser = new double[] {r[0], r[1], r[2], t[0], r[3], r[4], r[5], t[1], r[6], r[7], r[8], t[2]};
        }
        return new KittiCalibration((int) size[0], (int) size[1], numbers(cameras, lines, "P_rect_0" + camera, 12),
                numbers(cameras, lines, "R_rect_00", 9), laser);
    }

    /** The camera of a rectified picture. */
    Intrinsics camera() {
        return new Intrinsics(projection[0], projection[5], projection[2], projection[6]);
    }

    /** P_rect R_rect (R | T), 3 x 4, row-major: laser coordinates to (u w, v w, w). */
    double[] laserToPixels() {
        double[] rectified = new double[12];
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < 4; column++) {
                double sum = 0;
                for (int k = 0; k < 3; k++) {
                    sum += rotation[3 * row + k] * laser[4 * k + column];
                }
                rectified[4 * row + column] = sum;
            }
        }
        double[] product = new double[12];
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < 4; column++) {
                double sum = column == 3 ? projection[4 * row + 3] : 0;
                for (int k = 0; k < 3; k++) {
                    sum += projection[4 * row + k] * rectified[4 * k + column];
                }
                product[4 * row + column] = sum;
            }
        }
        return product;
    }

    private static Map<String, String> lines(Path file) {
        Map<String, String> lines = new HashMap<>();
        FrameFiles.text(file).lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                lines.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
        return lines;
    }

    private static double[] numbers(Path file, Map<String, String> lines, String name, int count) {
        String[] words = lines.getOrDefault(name, "").split("\\s+");
        double[] numbers = new double[count];
        try {
            if (words.length != count) {
                throw new NumberFormatException(words.length + " words");
            }
            for (int i = 0; i < count; i++) {
                numbers[i] = Double.parseDouble(words[i]);
            }
        } catch (NumberFormatException e) {
            throw new FrameException(FrameException.Fault.DAMAGED, "The calibration " + file + " has "
                    + (lines.containsKey(name) ? name + ": " + lines.get(name) : "no " + name) + "; expected " + name
                    + " with " + count + " numbers: unpack it again.", e);
        }
        return numbers;
    }
}
