package dev.fathom.training.synth;

/**
 * A pinhole camera without distortion; its principal point is the middle of the picture.
 *
 * @param position where it is, metres
 * @param forward  optical axis, of length 1
 * @param right    to the right in the picture, of length 1
 * @param down     downwards in the picture, of length 1
 * @param focal    focal length divided by the width of the picture (NYU's Kinect: 518.86 / 640 = 0.81)
 */
public record Camera(double[] position, double[] forward, double[] right, double[] down, double focal) {

    /**
     * A camera by its angles.
     *
     * @param yaw   heading in radians, counter-clockwise from the x axis
     * @param pitch radians above the horizon
     * @param roll  radians, clockwise as the picture is seen
     */
    public static Camera of(Vec3 position, double yaw, double pitch, double roll, double focal) {
        Vec3 forward = new Vec3(Math.cos(yaw) * Math.cos(pitch), Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch));
        Vec3 level = forward.cross(Vec3.UP).unit();
        Vec3 below = forward.cross(level);
        Vec3 right = level.times(Math.cos(roll)).plus(below.times(Math.sin(roll)));
        Vec3 down = below.times(Math.cos(roll)).minus(level.times(Math.sin(roll)));
        return new Camera(array(position), array(forward), array(right), array(down), focal);
    }

    /**
     * The ray through the point (px, py) of a picture, in pixels from its upper left corner (the first pixel's centre
     * is at 0.5). The ray's component along the optical axis is 1, so distances along it are planar depths.
     */
    public void ray(double px, double py, int width, int height, Ray out) {
        double a = (px - width / 2.0) / (focal * width);
        double b = (py - height / 2.0) / (focal * width);
        out.set(position[0], position[1], position[2],
            forward[0] + a * right[0] + b * down[0],
            forward[1] + a * right[1] + b * down[1],
            forward[2] + a * right[2] + b * down[2]);
    }

    private static double[] array(Vec3 v) {
        return new double[] {v.x(), v.y(), v.z()};
    }
}
