package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tests.golden.Npy;
import dev.fathom.tests.tools.Cli;
import dev.fathom.training.data.NyuHdf5Writer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom calibrate} and {@code predict --calibration}: a relative network's numbers become metres. */
class CalibrateTest {
    private static final int WIDTH = 60;
    private static final int HEIGHT = 44;

    @TempDir
    private static Path shared;
    private static Path model;
    private static Path photo;
    /** What the network gives for the photo, and its range. */
    private static double[] d;
    private static Path calibration;
    private static double least;
    private static double most;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() throws IOException {
        model = Workshop.model(shared.resolve("relative.safetensors"), Workshop.RELATIVE);
        photo = Pictures.colour(shared.resolve("a.png"), WIDTH, HEIGHT);
        assertEquals(0, Says.run("predict", "--load-from", model, "--img-path", photo, "--outdir", shared.resolve("d"),
                "--input-size", 28, "--save-numpy").code());
        d = Npy.parse(Files.readAllBytes(shared.resolve("d/a_disp.npy"))).doubles();
        least = Arrays.stream(d).min().orElseThrow();
        most = Arrays.stream(d).max().orElseThrow();
        assertTrue(least > 0 && most > 1.05 * least, least + " to " + most);
        calibration = calibrated();
    }

    /** A line that makes 1 m of the most and 8 m of the least. */
    private static double metres(double number) {
        return 1 / (0.125 + (1 - 0.125) * (number - least) / (most - least));
    }

    /** {@code X,Y,METRES} of a pixel, off by a share. */
    private static String point(int x, int y, double off) {
        return String.format(Locale.ROOT, "%d,%d,%.9g", x, y, metres(d[y * WIDTH + x]) * (1 + off));
    }

    private static List<Object> call(Object... more) {
        List<Object> words = new ArrayList<>(List.of("calibrate", "--load-from", model, "--input-size", 28));
        words.addAll(List.of(more));
        return words;
    }

    /** The line through eight pixels whose depths are exact. */
    private static Path calibrated() {
        Path file = shared.resolve("c.json");
        List<Object> words = call("--img-path", photo, "--outfile", file);
        for (int i = 0; i < 8; i++) {
            words.addAll(List.of("--point", point(3 + 7 * i, 2 + 5 * i, 0)));
        }
        Cli cli = Says.run(words.toArray());
        assertEquals(0, cli.code(), cli.err());
        return file;
    }

    private Cli predict(Path by, Object... more) {
        List<Object> words = new ArrayList<>(List.of("predict", "--load-from", model, "--img-path", photo, "--outdir",
                folder.resolve("out"), "--input-size", 28, "--pred-only", "--calibration", by));
        words.addAll(List.of(more));
        return Says.run(words.toArray());
    }

    private double[] depths() throws IOException {
        return Npy.parse(Files.readAllBytes(folder.resolve("out/a_raw_depth_meter.npy"))).doubles();
    }

    /** Eight pixels typed in, and all pixels between them have their metres; what lies outside is a hole. */
    @Test
    void knownPointsMakeMetresOfAWholePicture() throws IOException {
        JsonNode fit = new ObjectMapper().readTree(calibration.toFile());
        double slope = (1 - 0.125) / (most - least);
        assertEquals(slope, fit.get("b").asDouble(), 1e-5 * slope);
        assertEquals(0.125 - slope * least, fit.get("a").asDouble(), 1e-5);
        assertEquals(8, fit.get("points").size());
        assertEquals(ContentHash.of(model).hex(), fit.get("model").get("sha256").asText());
        double far = fit.get("d_farthest").asDouble();
        double near = fit.get("d_nearest").asDouble();
        Cli cli = predict(calibration, "--save-numpy", "--save-png16");
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("calibrated to metres: 1/z = "), cli.out());
        double[] depths = depths();
        Picture colours = PictureReader.read(folder.resolve("out/a.png"));
        long holes = 0;
        for (int i = 0; i < d.length; i++) {
            boolean covered = far <= d[i] && d[i] <= near;
            holes += covered ? 0 : 1;
            assertEquals(covered ? metres(d[i]) : 0, depths[i], 1e-4, "pixel " + i);
            boolean black = colours.at(i % WIDTH, i / WIDTH, 0) + colours.at(i % WIDTH, i / WIDTH, 1)
                    + colours.at(i % WIDTH, i / WIDTH, 2) == 0;
            assertEquals(!covered, black, "holes are black: pixel " + i);
        }
        assertTrue(holes > 0 && holes < d.length / 2, holes + " holes");
        assertTrue(cli.out().contains(String.format(Locale.ROOT, "%.1f %% of the pixels are holes", 100.0 * holes
                / d.length)), cli.out());
        JsonNode about = new ObjectMapper().readTree(folder.resolve("out/a_raw_depth_meter.json").toFile());
        assertEquals("calibrated", about.get("kind").asText());
        assertEquals("metres", about.get("unit").asText());
        assertEquals("larger is farther", about.get("polarity").asText());
        assertEquals(holes, about.get("holes").asLong());
        assertEquals(ContentHash.of(calibration).hex(), about.get("calibration_sha256").asText());
        assertEquals(0, predict(calibration, "--save-numpy", "--extrapolate", 10).code());
        assertTrue(Arrays.stream(depths()).allMatch(z -> z > 0), "the planted line is positive everywhere");
    }

    /** A frame whose true depths are the planted ones where the calibration holds: all measures are perfect in metres. */
    @Test
    void aCalibratedModelIsEvaluatedInMetres() throws IOException {
        JsonNode fit = new ObjectMapper().readTree(calibration.toFile());
        float[] truth = new float[d.length];
        for (int i = 0; i < d.length; i++) {
            boolean covered = fit.get("d_farthest").asDouble() <= d[i] && d[i] <= fit.get("d_nearest").asDouble();
            truth[i] = covered ? (float) metres(d[i]) : 0;
        }
        Path rooms = Files.createDirectories(folder.resolve("rooms"));
        NyuHdf5Writer.write(rooms.resolve("a.h5"), WIDTH, HEIGHT, PictureReader.read(photo).rgb(), truth);
        List<Object> words = new ArrayList<>(List.of("evaluate", "--data", rooms, "--load-from", model, "--input-size",
                28, "--max", 20, "--bootstrap", 0, "--outdir", folder.resolve("e")));
        assertTrue(Says.failing(words.toArray()).contains("relative disparity, which is no metres"));
        words.addAll(List.of("--calibration", calibration));
        Cli cli = Says.run(words.toArray());
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().replaceAll(" +", " ").contains(" abs_rel 0.0000 "), cli.out());
        String json = Files.readString(folder.resolve("e/metrics.json"));
        assertTrue(json.contains("\"calibration_sha256\" : \"" + ContentHash.of(calibration).hex()), json);
        words.addAll(List.of("--load-from", Files.copy(model, folder.resolve("again.safetensors"))));
        assertEquals("--calibration is about one relative model, and there are 2; measure each by itself.",
                Says.failing(words.toArray()));
    }

    @Test
    void severalPicturesHaveOneLineAndEachItsError() throws IOException {
        Path other = Files.copy(photo, folder.resolve("b.png"));
        StringBuilder csv = new StringBuilder("# measured on Friday\nx;y;metres;picture\n");
        for (int i = 0; i < 12; i++) {
            double off = (i % 2 == 0 ? 0.05 : -0.05) + 0.002 * Math.sin(9 * i);
            csv.append(point(3 + 4 * i, 2 + 3 * i, off).replace(',', ';')).append(';')
                    .append(i % 2 == 0 ? photo : "b.png").append("\n\n");
        }
        Path points = Files.writeString(folder.resolve("points.csv"), csv);
        Cli cli = Says.run(call("--points", points, "--outfile", folder.resolve("c.json"), "--at", "2.5,40").toArray());
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("least squares over 12 points in 2 pictures"), cli.out());
        String flat = cli.out().replaceAll(" +", " ");
        assertTrue(flat.contains(photo + " 6 +") && flat.contains(other + " 6 -"), flat);
        assertTrue(flat.contains("lie off as a whole: a relative model may give every picture a scale of its own"), flat);
        assertTrue(flat.contains(" 40.00 m ") && flat.contains("beyond the points: a hole unless --extrapolate"), flat);
        Cli robust = Says.run(call("--points", points, "--robust", "--sigma", "0.05", "--outfile",
                folder.resolve("c.json")).toArray());
        assertTrue(robust.code() == 0 && robust.out().contains("points lie off by 5.0 % of the depth (as stated)"),
                robust.out() + robust.err());
    }

    /** A 16-bit map of half the size in millimetres, mostly holes: its pixels lie between those of the photo. */
    @Test
    void aSparseMapIsManyPoints() throws IOException {
        int width = WIDTH / 2;
        BufferedImage map = new BufferedImage(width, HEIGHT / 2, BufferedImage.TYPE_USHORT_GRAY);
        int depths = 0;
        for (int i = 0; i < width * HEIGHT / 2; i += 7) {
            int at = 2 * (i / width) * WIDTH + 2 * (i % width);
            double between = (d[at] + d[at + 1] + d[at + WIDTH] + d[at + WIDTH + 1]) / 4;
            map.getRaster().setSample(i % width, i / width, 0, (int) Math.rint(1000 * metres(between)));
            depths++;
        }
        map.getRaster().setSample(1, 0, 0, 65535);
        Path file = folder.resolve("map.png");
        ImageIO.write(map, "png", file.toFile());
        Path result = folder.resolve("s.json");
        Cli cli = Says.run(call("--img-path", photo, "--sparse", file + ",unit=mm,invalid=65535", "--outfile", result,
                "--sparse-points", 80).toArray());
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("map.png: 80 of " + depths + " depths") && cli.out().contains("over 80 points"),
                cli.out());
        JsonNode fit = new ObjectMapper().readTree(result.toFile());
        double slope = (1 - 0.125) / (most - least);
        assertEquals(slope, fit.get("b").asDouble(), 2e-3 * slope, "millimetres are what the map can say");
        assertTrue(cli.out().contains("narrower than they should be"), cli.out());

        ImageIO.write(new BufferedImage(30, 30, BufferedImage.TYPE_USHORT_GRAY), "png", file.toFile());
        assertTrue(Says.failing(call("--img-path", photo, "--sparse", file + ",unit=mm").toArray()).contains("is 30 x 30,"
                + " another shape than " + photo + " with 60 x 44"));
        ImageIO.write(new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_USHORT_GRAY), "png", file.toFile());
        assertTrue(Says.failing(call("--img-path", photo, "--sparse", file + ",unit=mm").toArray())
                .contains("is all holes: none of its 2640 numbers is a depth"));
        assertTrue(Says.wronglyCalled(call("--img-path", photo, "--sparse", file).toArray())
                .contains("does not say how long a unit of its numbers is"));
        assertTrue(Says.wronglyCalled(call("--sparse", file + ",unit=mm").toArray())
                .contains("There are 1 --sparse for 0 --img-path"));
    }

    @Test
    void anotherModelOrSizeIsRefusedUnlessTold() {
        Map<String, String> said = new HashMap<>(ModelMetadata.of(Workshop.TINY, Workshop.RELATIVE));
        said.put("note", "the same numbers in another file");
        Path other = Workshop.model(folder.resolve("other.safetensors"), said, state -> { });
        Path metric = Workshop.model(folder.resolve("metric.safetensors"), Workshop.METRIC);
        Object[] call = {"predict", "--load-from", metric, "--img-path", photo, "--outdir", folder.resolve("out"),
            "--input-size", 28, "--calibration", calibration};
        assertEquals("--calibration turns relative depth into metres, but this model is metric and gives metres already;"
                + " leave --calibration out.", Says.failing(call));
        call[2] = model;
        call[8] = 42;
        assertTrue(Says.failing(call).contains("was made with --input-size 28, not 42"));
        call[8] = 28;
        assertFalse(Files.exists(folder.resolve("out")), "nothing was begun");
        call[2] = other;
        assertTrue(Says.failing(call).contains("was made with the weights " + ContentHash.of(model).shortForm()));
        List<Object> forced = new ArrayList<>(List.of(call));
        forced.add("--force-calibration");
        assertEquals(0, Says.run(forced.toArray()).code());
        assertTrue(Says.failing("calibrate", "--load-from", metric, "--img-path", photo, "--point", "1,1,2")
                .contains("is a metric model, which gives metres already"));
    }

    @Test
    void pointsThatCannotBeAreNamed() throws IOException {
        assertEquals("The point 60,3 is outside of " + photo + ", which is 60 x 44 pixels (columns 0 to 59, rows 0 to 43,"
                + " as the picture is seen); check that the column comes first.", Says.failing(call("--img-path", photo,
                "--point", "1,1,2", "--point", "60,3,1").toArray()));
        assertTrue(Says.failing(call("--img-path", photo, "--point", "1,1,2").toArray())
                .startsWith("There is one point of known depth"));
        assertTrue(Says.failing(call("--img-path", photo, "--point", "1,1,2", "--point", "1,1,3").toArray())
                .startsWith("At all 2 points the model gives the same number"));
        Path points = Files.writeString(folder.resolve("p.csv"), photo + ",1,1,2\n" + photo + ",4,x,2\n");
        assertEquals(points + ", line 2: 'x' is no number; expected one picture,x,y,metres a line, like"
                + " photo.jpg,320,240,2.5.", Says.failing(call("--points", points).toArray()));
        Files.writeString(points, "1,1,2\n");
        assertTrue(Says.failing(call("--points", points).toArray()).contains("line 1: it names no picture"));
        assertEquals("The folder " + folder.resolve("no") + " of --outfile does not exist; choose another.",
                Says.failing(call("--img-path", photo, "--point", "1,1,2", "--outfile", folder.resolve("no/c.json"))
                .toArray()));
        Path damaged = Files.writeString(folder.resolve("c.json"), "{\"a\": 1}");
        Cli cli = predict(damaged);
        assertTrue(cli.code() == 1 && Says.err(cli).startsWith(damaged + " is no whole calibration: "), cli.err());
        Files.writeString(damaged, Files.readString(calibration).replace("\"b\" : ", "\"b\" : -"));
        assertTrue(Says.err(predict(damaged)).contains("is no whole calibration: A calibration needs a rising line"));
    }

    @Test
    void wrongCalls() {
        for (String[] wrong : new String[][] {
            {"--point 3,4,0", "its depth is 0, but must be more than 0 metres"},
            {"--point 3,4", "'3,4' is no point (2 values instead of three)"},
            {"--point 3,4,2 --sigma 0", "--sigma is 0.0, but a standard error is more than 0."},
            {"--point 3,4,2 --errors some", "There are no errors 'some'; choose one of relative, absolute, inverse."},
            {"--point 3,4,2 --confidence 95", "--confidence is 95.0, but a confidence is between 0 and 1"},
            {"--point 3,4,2 --at -1", "--at is [-1.0], but depths are more than 0 metres."},
            {"--point 3,4,2 --max-depth 9", "--max-depth is for metric models, which give metres already"},
            {"--confidence 0.9", "There are no points; give --point X,Y,METRES several times, --points FILE or --sparse MAP."}}) {
            List<Object> words = call("--img-path", photo);
            words.addAll(List.of(wrong[0].split(" ")));
            String said = Says.wronglyCalled(words.toArray());
            assertTrue(said.contains(wrong[1]), said);
        }
        assertEquals("--point is about one picture, and none is named; give --img-path PHOTO.",
                Says.wronglyCalled(call("--point", "1,1,2").toArray()));
        assertEquals("--extrapolate is about a calibration; give --calibration FILE too.", Says.wronglyCalled("predict",
                "--load-from", model, "--img-path", photo, "--extrapolate", 0.5));
    }
}
