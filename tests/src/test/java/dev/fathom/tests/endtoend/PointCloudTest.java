package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tests.golden.Npy;
import dev.fathom.tests.image.ExifSegment;
import dev.fathom.tests.image.JpegParts;
import dev.fathom.tests.points.PlyReader;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code fathom pointcloud}: photos with a model and frames of a data set to files of points. */
class PointCloudTest {
    private static final int FOCAL = 0x920A;
    private static final int FOCAL_35 = 0xA405;

    @TempDir
    private static Path shared;
    private static Path metric;
    private static Path rooms;

    @TempDir
    private Path folder;

    @BeforeAll
    static void files() {
        metric = Workshop.model(shared.resolve("metric.safetensors"), Workshop.METRIC);
        rooms = Workshop.rooms(shared.resolve("rooms"), 0, 3);
    }

    private Path out() {
        return folder.resolve("out");
    }

    private Object[] words(Object... words) {
        List<Object> all = new ArrayList<>(List.of("pointcloud", "--outdir", out()));
        all.addAll(List.of(words));
        return all.toArray();
    }

    private Object[] ofPhoto(Path photo, Object... more) {
        List<Object> all = new ArrayList<>(List.of("--load-from", metric, "--img-path", photo, "--input-size", 28));
        all.addAll(List.of(more));
        return words(all.toArray());
    }

    private Cli done(Object... words) {
        Cli cli = Says.run(words);
        assertEquals(0, cli.code(), cli.err());
        return cli;
    }

    private PlyReader cloud(String name) {
        return PlyReader.read(out().resolve(name));
    }

    private static Path exif(Path photo, ExifSegment exif) throws IOException {
        return Files.write(photo, JpegParts.withSegment(Files.readAllBytes(photo), 0xE1, exif.bytes()));
    }

    /** Each point has the depth that predict writes for its pixel, at the place where the camera saw it. */
    @Test
    void aPhotoAndAModel() throws IOException {
        Path photo = Pictures.colour(folder.resolve("photo.png"), 40, 30);
        Cli cli = done(ofPhoto(photo, "--fx", 35, "--fy", 36, "--cx", 19, "--cy", 15.5));
        assertTrue(cli.out().contains("photo.ply: 1,200 points of 1,200 pixels; camera fx 35 fy 36 cx 19 cy 15.5"
                + " pixels of 40 x 30 (59.5 degrees across), from --fx 35"), cli.out());
        done("predict", "--load-from", metric, "--img-path", photo, "--input-size", 28, "--outdir", out(),
                "--save-numpy");
        float[] depth = Npy.parse(Files.readAllBytes(out().resolve("photo_raw_depth_meter.npy"))).floats();
        Picture colours = PictureReader.read(photo);
        PlyReader ply = cloud("photo.ply");
        assertEquals(depth.length, ply.vertices().size());
        for (int i = 0; i < depth.length; i++) {
            PlyReader.Row v = ply.vertices().get(i);
            assertEquals(depth[i], (float) v.get("z"));
            assertEquals((i % 40 - 19) / 35.0 * depth[i], v.get("x"), 1e-6);
            assertEquals((i / 40 - 15.5) / 36.0 * depth[i], v.get("y"), 1e-6);
            assertEquals(colours.at(i % 40, i / 40, 1), v.get("green"));
        }
        String comments = String.join("\n", ply.comments());
        assertTrue(comments.contains("source photo.png\ndepth Depth Anything V2 custom")
                && comments.contains("\nmodel_sha256 ") && comments.contains("\nunit metres\n")
                && comments.contains("\naxes x right, y down, z forward"), comments);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--fov 90                                  | camera fx 20 fy 20 cx 19.5 cy 14.5 ",
        "--focal-mm 18 --sensor-mm 36              | camera fx 20 fy 20 cx 19.5 cy 14.5 ",
        "--fx 400 --camera-size 800x600            | camera fx 20 fy 20 cx 19.5 cy 14.5 ",
        "--focal-length-x 400 --cx 0 --cy 9.5 --camera-size 800x600 | camera fx 20 fy 20 cx -0.48 cy 0 ",
        "--sensor-mm 8.5                           | camera fx 20 fy 20 cx 19.5 cy 14.5 pixels of 40 x 30 (90.0"
        + " degrees across), from EXIF (4.25 mm) and --sensor-mm 8.5",
        "none                                      | camera fx 30.05 fy 30.05 cx 19.5 cy 14.5 pixels of 40 x 30"
        + " (67.3 degrees across), from EXIF (26 mm on film of 36 x 24 mm)",
    })
    void theCameraBySeveralWays(String options, String says) throws IOException {
        Path photo = exif(Pictures.colour(folder.resolve("photo.jpg"), 40, 30), new ExifSegment().number(FOCAL_35, 26)
                .fraction(FOCAL, 425, 100));
        List<Object> call = new ArrayList<>(List.of("--img-path", photo, "--depth",
                pfm(folder.resolve("depth.pfm"), 40, 30, ones(1200)) + ",unit=m"));
        call.addAll(options.equals("none") ? List.of() : List.of(options.split(" ")));
        Cli cli = done(words(call.toArray()));
        assertTrue(cli.out().contains(says), cli.out());
        assertTrue(cloud("photo.ply").comments().stream().anyMatch(c -> c.startsWith(says)), "in the file too");
    }

    /** A photo stored on its side is turned before points are made of it, and so is its lens. */
    @Test
    void aPhotoThatWasTurned() throws IOException {
        Path photo = exif(Pictures.colour(folder.resolve("photo.jpg"), 40, 30), new ExifSegment().number(FOCAL_35, 26)
                .orientation(6));
        String says = done(ofPhoto(photo)).out();
        assertTrue(says.contains("cx 14.5 cy 19.5 pixels of 30 x 40"), says);
        PlyReader ply = cloud("photo.ply");
        assertTrue(ply.vertices().getFirst().get("green") > 200, "the lower left corner is above now");
    }

    /** What predict wrote of itself is enough: metres in .npy, .pfm and 16-bit PNG, of a size of their own. */
    @Test
    void aPhotoAndItsDepthAsPredictWroteIt() {
        Path photo = Pictures.colour(folder.resolve("photo.png"), 40, 30);
        Path large = Pictures.colour(folder.resolve("large.png"), 80, 60);
        done("predict", "--load-from", metric, "--img-path", photo, "--input-size", 28, "--outdir",
                folder.resolve("depth"), "--save-numpy", "--save-pfm", "--save-png16");
        done(ofPhoto(photo, "--fov", 60));
        PlyReader expected = cloud("photo.ply");
        for (String file : new String[] {"photo_raw_depth_meter.npy", "photo.pfm", "photo_16bit.png"}) {
            Cli cli = done(words("--img-path", large, "--depth", folder.resolve("depth").resolve(file), "--fov", 60));
            assertTrue(cli.out().contains("pixels of 40 x 30 (60.0 degrees across), from --fov 60, scaled from the"
                    + " photo's 80 x 60"), cli.out());
            PlyReader ply = cloud("large.ply");
            assertEquals(1200, ply.vertices().size());
            double step = file.endsWith(".png") ? 0.0005 : 0;
            for (int i = 0; i < 1200; i++) {
                for (String axis : new String[] {"x", "y", "z"}) {
                    assertEquals(expected.vertices().get(i).get(axis), ply.vertices().get(i).get(axis), 1e-6 + step,
                            file);
                }
            }
            // The large photo's colours, two by two: its own steps are 255 / 80 and 255 / 60.
            assertEquals((255 * 2 / 80 + 255 * 3 / 80) / 2.0, ply.vertices().get(1).get("red"), 1);
            assertEquals((255 * 58 / 60 + 255 * 59 / 60) / 2.0, ply.vertices().get(1199).get("green"), 1);
        }
    }

    @Test
    void aDepthFileOfAnotherTool() throws IOException {
        Path photo = Pictures.colour(folder.resolve("photo.png"), 3, 2);
        Path pfm = pfm(folder.resolve("depth.pfm"), 3, 2, 400, 500, 600, 100, 200, -1);
        assertTrue(Says.failing(words("--img-path", photo, "--depth", pfm, "--fov", 60)).contains(
                "does not say how long a unit of its numbers is"));
        done(words("--img-path", photo, "--depth", pfm + ",unit=cm", "--fov", 60));
        assertEquals(List.of(1.0, 2.0, 4.0, 5.0, 6.0), depths());
        done(words("--img-path", photo, "--depth", pfm + ",quantity=disparity,scale=600,invalid=100", "--fov", 60));
        assertEquals(List.of(3.0, 1.5, 600 / 500.0f + 0.0, 1.0), depths());
        String relative = pfm + ",quantity=disparity,unit=none,invalid=-1";
        assertTrue(Says.failing(words("--img-path", photo, "--depth", relative, "--fov", 60)).contains("is relative"));
        done(words("--img-path", photo, "--depth", relative, "--fov", 60, "--force"));
        assertEquals(List.of(10.0, 1.0), List.of(depths().getFirst(), depths().getLast()));
        Path wide = Pictures.colour(folder.resolve("wide.png"), 6, 2);
        assertTrue(Says.failing(words("--img-path", wide, "--depth", pfm + ",unit=m", "--fov", 60)).contains(
                "another shape"));
    }

    private List<Double> depths() {
        return cloud("photo.ply").vertices().stream().map(v -> v.get("z")).toList();
    }

    @Test
    void aRelativeModelCalibrated() {
        Path relative = Workshop.model(folder.resolve("relative.safetensors"), Workshop.RELATIVE);
        Path photo = Pictures.colour(folder.resolve("photo.png"), 40, 30);
        Path line = folder.resolve("line.json");
        done("calibrate", "--load-from", relative, "--img-path", photo, "--input-size", 28, "--outfile", line,
                "--robust", "--point", "0,0,2", "--point", "39,0,2.5", "--point", "20,15,4",
                "--point", "39,29,3", "--point", "5,25,3");
        Object[] call = words("--load-from", relative, "--img-path", photo, "--input-size", 28, "--fov", 60,
                "--calibration", line);
        Cli cli = done(call);
        PlyReader ply = cloud("photo.ply");
        assertTrue(ply.vertices().size() < 1200 && cli.out().contains(" without depth"), cli.out());
        assertTrue(ply.comments().contains("unit metres"));
        assertTrue(ply.comments().stream().anyMatch(c -> c.startsWith("calibrated to metres: 1/z = ")));
    }

    @Test
    void aDataSetsFrames() {
        Cli cli = done(words("--data", rooms, "--frames", "1-2", "--fov", 63.3, "--cut-edges", "--normals", "--mesh",
                "--ascii", "--view", "left", "--view", "-10,80", "--view-size", "64x48"));
        assertTrue(cli.out().contains("2 of 2 done"), cli.out());
        assertEquals(List.of("frame_00001.ply", "frame_00001_view_left.png", "frame_00001_view_yaw-10_pitch80.png",
                "frame_00002.ply", "frame_00002_view_left.png", "frame_00002_view_yaw-10_pitch80.png"),
                Workshop.files(out()));
        PlyReader ply = cloud("frame_00002.ply");
        assertEquals("ascii", ply.format());
        assertTrue(ply.vertices().size() > 3000 && ply.faces().size() > 5000, ply.vertices().size() + " points, "
                + ply.faces().size() + " triangles");
        assertEquals(64, PictureReader.read(out().resolve("frame_00001_view_left.png")).width());
    }

    /** What options say goes before what the data set says, and that before EXIF. */
    @Test
    void theCameraOfADataSet() throws IOException {
        Path photo = exif(Pictures.colour(folder.resolve("photo.jpg"), 3, 2), new ExifSegment().number(FOCAL_35, 26));
        pfm(folder.resolve("depth.pfm"), 3, 2, 1, 2, 3, 4, 5, 6);
        Path list = Files.writeString(folder.resolve("list.csv"),
                "image,depth,fx,fy,cx,cy\nphoto.jpg,depth.pfm,4,5,1,0.5\n");
        String set = "pairs:" + list + ",unit=m";
        assertTrue(done(words("--dataset", set)).out().contains("camera fx 4 fy 5 cx 1 cy 0.5 pixels of 3 x 2"
                + " (41.1 degrees across), from the data set"));
        assertTrue(done(words("--dataset", set, "--fov", 90)).out().contains("from --fov 90"));
        Files.writeString(list, "image,depth\nphoto.jpg,depth.pfm\n");
        assertTrue(done(words("--dataset", set)).out().contains("from EXIF (26 mm on film of 36 x 24 mm)"), photo + "");
    }

    private static float[] ones(int count) {
        float[] ones = new float[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** Rows from below to above. */
    private static Path pfm(Path file, int width, int height, float... values) throws IOException {
        ByteBuffer data = ByteBuffer.allocate(100 + 4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        data.put(("Pf\n" + width + " " + height + "\n-1\n").getBytes(StandardCharsets.US_ASCII));
        for (float value : values) {
            data.putFloat(value);
        }
        return Files.write(file, Arrays.copyOf(data.array(), data.position()));
    }

    /** The depth of a data set's frame by the model: another than the set's own. */
    @Test
    void aDataSetsFramesByAModel() {
        Object[] call = words("--data", rooms, "--fov", 60, "--voxel", 0.1, "--farthest", 9, "--axes", "opengl");
        done(call);
        int own = cloud("frame_00000.ply").vertices().size();
        List<Object> more = new ArrayList<>(List.of(call));
        more.addAll(List.of("--load-from", metric, "--input-size", 28));
        done(more.toArray());
        PlyReader ply = cloud("frame_00000.ply");
        assertTrue(ply.vertices().size() != own && ply.vertices().size() < Workshop.WIDTH * Workshop.HEIGHT);
        assertTrue(ply.vertices().stream().allMatch(v -> v.get("z") < 0), "z backward");
        assertTrue(ply.comments().contains("voxel 0.1: mean of each cube"), ply.comments().toString());
    }

    @Test
    void aFolderWithABrokenPhoto() throws IOException {
        Path photos = folder.resolve("photos");
        Pictures.colour(photos.resolve("a.png"), 20, 20);
        Files.write(photos.resolve("b.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
        Pictures.colour(photos.resolve("c.png"), 20, 20);
        Cli cli = Says.run(ofPhoto(photos, "--fov", 60));
        assertEquals(1, cli.code());
        assertTrue(Says.err(cli).contains("b.png"), cli.err());
        assertEquals(List.of("a.ply", "c.ply"), Workshop.files(out()));
        assertTrue(cli.out().indexOf("a.ply") < cli.out().indexOf("c.ply"), cli.out());
        assertTrue(cli.out().contains("2 of 3 done"), cli.out());
    }

    @Test
    void aSetWithATornFrame() throws IOException {
        Path set = Workshop.rooms(folder.resolve("rooms"), 0, 3);
        Path torn = set.resolve("room_00001.h5");
        Files.write(torn, Arrays.copyOf(Files.readAllBytes(torn), 4000));
        Cli cli = Says.run(words("--data", set, "--frames", "all", "--fov", 60));
        assertEquals(1, cli.code());
        assertTrue(Says.err(cli).contains("room_00001.h5"), cli.err());
        assertEquals(List.of("frame_00000.ply", "frame_00002.ply"), Workshop.files(out()));
    }

    /** A .png beside its points is in nobody's way; a picture that a view would replace is kept. */
    @Test
    void pointsBesideThePhoto() {
        Path photo = Pictures.colour(out().resolve("photo.png"), 20, 15);
        done(ofPhoto(photo, "--fov", 60));
        assertEquals(List.of("photo.ply", "photo.png"), Workshop.files(out()));
        Path list = Pictures.bytes(folder.resolve("list.txt"), (photo + "\n" + Pictures.colour(out().resolve(
                "photo_view_top.png"), 20, 15)).getBytes(StandardCharsets.UTF_8));
        assertTrue(Says.failing(ofPhoto(list, "--fov", 60, "--view", "top")).contains("would replace the picture"));
    }

    @Test
    void noCameraNoPoints() throws IOException {
        Path photo = Pictures.colour(folder.resolve("photo.jpg"), 40, 30);
        assertEquals("The picture " + photo + " has no known focal length (its EXIF says none), and a guess would"
                + " stretch the points; give --fov, --fx, or --focal-mm with"
                + " --sensor-mm.", Says.failing(ofPhoto(photo)));
        exif(photo, new ExifSegment().fraction(FOCAL, 425, 100));
        assertTrue(Says.failing(ofPhoto(photo)).contains("its EXIF says 4.25 mm, but not the sensor's size:"
                + " --sensor-mm"));
        assertTrue(Says.failing(ofPhoto(photo, "--fx", 0.58)).contains("focal lengths are in pixels of the photo, 40"
                + " x 30, not in millimetres or parts of its width"));
        assertTrue(Says.failing(ofPhoto(photo, "--fx", 500, "--camera-size", "640x640")).contains("another shape than"
                + " --camera-size 640x640"));
        assertTrue(Says.failing(words("--data", rooms)).contains("give --fov"));
        assertFalse(Files.exists(out()), "a folder for nothing");
    }

    @Test
    void aRelativeModelOnlyByForce() {
        Path relative = Workshop.model(folder.resolve("relative.safetensors"), Workshop.RELATIVE);
        Path photo = Pictures.colour(folder.resolve("photo.png"), 40, 30);
        Object[] call = words("--load-from", relative, "--img-path", photo, "--input-size", 28, "--fov", 60);
        String sentence = Says.failing(call);
        assertTrue(sentence.contains("is a relative model, whose numbers are no lengths")
                && sentence.contains("--force"), sentence);
        assertFalse(Files.exists(out()));
        List<Object> forced = new ArrayList<>(List.of(call));
        forced.add("--force");
        done(forced.toArray());
        PlyReader ply = cloud("photo.ply");
        assertTrue(ply.comments().stream().anyMatch(c -> c.startsWith("depth made up from relative numbers")));
        assertTrue(ply.comments().contains("unit none: relative"));
        assertEquals(1, ply.vertices().stream().mapToDouble(v -> v.get("z")).min().orElseThrow());
        assertEquals(10, ply.vertices().stream().mapToDouble(v -> v.get("z")).max().orElseThrow());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "                             | There is nothing to make points of; give --img-path with --load-from or"
        + " --depth, or --dataset.",
        "--img-path a.jpg             | --img-path needs the photo's depth; give --load-from or --depth too.",
        "--data d --depth x.npy       | --depth is instead of a model, and of a photo; give --img-path and leave"
        + " --load-from and data sets out.",
        "--data d --depth x.npy,u=m   | Invalid value for option '--depth': 'x.npy,u=m' has u=; expected"
            + " quantity=, unit=, scale=, invalid= or array=.",
        "--data d --calibration x     | --calibration makes metres of a model's numbers; give --load-from too.",
        "--img-path a.jpg --data d    | --img-path and a data set exclude each other; give one of them.",
        "--data d --fov 60 --fx 3     | --fx, --fov and --focal-mm each say what the camera is; give one of them.",
        "--data d --cx 3              | --fy, --cx, --cy and --camera-size go with --fx; give it too.",
        "--data d --focal-mm 4        | --focal-mm says nothing without the size of the sensor; give --sensor-mm too"
        + " (36 if it is a focal length 'on 35 mm film').",
        "--data d --fov 180           | --fov is 180.0, but a photo shows more than 0 and at most 150 degrees.",
        "--data d --fx -1             | --fx is -1.0, but a length in pixels is more than 0.",
        "--data d --fx 9 --cx 0.5 --cy 0.51 | --cx 0.5 and --cy 0.51 look like parts of the photo's width and height; give"
            + " pixels, as for --fx.",
        "--data d --voxel 0           | --voxel is 0.0, but a cube's side is more than 0.",
        "--data d --voxel 1 --mesh    | --mesh joins neighbouring pixels, which --voxel melts together; give one of"
        + " them.",
        "--data d --edge-angle 90     | An edge's angle of 90.0 degrees makes no sense; it is from 0 to below 90.",
        "--data d --view up           | Invalid value for option '--view' (FROM): 'up' is no view; expected above,"
        + " front, left, right, top or YAW,PITCH in degrees, like 30,15.",
        "--data d --view top --view top | --view names the same view twice; each makes one picture.",
        "--data d --frames 3-1        | --frames is '3-1'; expected numbers from 0, like 3 or 0-9,20, or all.",
    })
    void wrongCalls(String options, String sentence) {
        assertEquals(sentence, Says.wronglyCalled(words(options == null ? new Object[0] : options.split(" "))));
    }

    @Test
    void settingsFromAFile() throws IOException {
        Path config = Files.writeString(folder.resolve("cloud.yaml"), "data: " + rooms + "\nfov: 60\nframes: 9\n");
        assertEquals("--frames asks for frame 9, but there are 3, numbered from 0 to 2.",
                Says.failing(words("--config", config)));
        done(words("--config", config, "--frames", "2"));
        assertEquals(List.of("frame_00002.ply"), Workshop.files(out()));
    }
}
