package dev.fathom.tests.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.report.DepthPanel;
import dev.fathom.tools.report.EmbeddedImage;
import dev.fathom.tools.report.HtmlPage;
import dev.fathom.tools.report.LineChart;
import dev.fathom.tools.report.MetricTable;
import dev.fathom.tools.report.Piece;
import dev.fathom.tools.report.Pieces;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class ReportTest {
    private static String html(Piece piece) {
        StringBuilder out = new StringBuilder();
        piece.appendTo(out);
        return out.toString();
    }

    private static Document svg(LineChart chart) throws Exception {
        String html = html(chart);
        String svg = html.substring(html.lastIndexOf("<svg viewBox"), html.lastIndexOf("</svg>") + 6);
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }

    @Test
    void panelColoursAreThoseOfTheValues() {
        Palette viridis = Palette.named("viridis");
        float[] truth = {1, 2, 3, 4, 0, 4};
        float[] prediction = {8, 2, 3, 4, 5, 6};
        DepthPanel panel = new DepthPanel(viridis).cellWidth(300).add("row", Picture.blank(3, 2), truth, prediction);
        BufferedImage image = panel.render();
        // The maximum of both maps, 8, is the top of the range: cells of 300 x 200 after margin, heading and caption.
        int top = image.getHeight() - 200 - 24 - 26;
        int left = 24 + 300 + 12;
        int second = left + 300 + 12;
        for (int i = 0; i < 6; i++) {
            int x = i % 3 * 100 + 50;
            int y = top + i / 3 * 100 + 50;
            int expected = truth[i] == 0 ? 0xC4C4C4 : viridis.colourAt(truth[i] / 8);
            assertEquals(expected, image.getRGB(left + x, y) & 0xFFFFFF, "truth " + i);
            assertEquals(viridis.colourAt(prediction[i] / 8), image.getRGB(second + x, y) & 0xFFFFFF, "prediction "
                + i);
            assertEquals(0, image.getRGB(24 + x, y) & 0xFFFFFF, "the black picture");
        }
    }

    @Test
    void panelShowsTextOfEveryLength() {
        BufferedImage bare = new DepthPanel(Palette.named("gray")).add("", Picture.blank(4, 3), new float[12], null)
            .render();
        BufferedImage named = new DepthPanel(Palette.named("gray")).title("Überschrift ".repeat(40)).withError()
            .add("室 ".repeat(90), Picture.blank(4, 3), new float[12], new float[12]).render();
        assertTrue(named.getHeight() > bare.getHeight() && named.getWidth() > bare.getWidth());
        int ink = 0;
        for (int x = 0; x < named.getWidth(); x++) {
            for (int y = 24; y < 48; y++) {
                ink += (named.getRGB(x, y) & 255) < 128 ? 1 : 0;
            }
        }
        assertTrue(ink > 500, "the title has " + ink + " dark pixels");
        for (int y = 0; y < named.getHeight(); y++) {
            assertEquals(0xFFFFFF, named.getRGB(named.getWidth() - 5, y) & 0xFFFFFF, "text runs over the margin");
        }
        assertThrows(IllegalArgumentException.class,
            () -> new DepthPanel(Palette.named("gray")).add("x", Picture.blank(4, 3), new float[11], null));
    }

    @Test
    void textNeedsNoFontsOfTheMachine() {
        JavaClasses tools = new ClassFileImporter().importPackages("dev.fathom.tools");
        ArchRuleDefinition.noClasses().should().dependOnClassesThat().haveFullyQualifiedName("java.awt.Font")
            .orShould().dependOnClassesThat().resideInAPackage("java.awt.font..")
            .orShould().callMethod(java.awt.Graphics2D.class, "drawString", String.class, int.class, int.class)
            .orShould().callMethod(java.awt.Graphics2D.class, "drawString", String.class, float.class, float.class)
            .because("containers often have no fonts, and Java's text drawing fails without them").check(tools);
    }

    @Test
    void chartPutsPointsWhereTheValuesAre() throws Exception {
        Document svg = svg(new LineChart("t", "x", "y").line("a", new double[] {0, 5, 10}, new double[] {0, 50, 100}));
        var circles = svg.getElementsByTagName("circle");
        assertEquals(3, circles.getLength());
        double[] x = new double[3];
        double[] y = new double[3];
        for (int i = 0; i < 3; i++) {
            x[i] = Double.parseDouble(circles.item(i).getAttributes().getNamedItem("cx").getNodeValue());
            y[i] = Double.parseDouble(circles.item(i).getAttributes().getNamedItem("cy").getNodeValue());
        }
        assertEquals(x[1] - x[0], x[2] - x[1], 0.02);
        assertEquals(y[0] - y[1], y[1] - y[2], 0.02);
        assertTrue(x[0] < x[1] && y[0] > y[1], "larger values are further right and higher up");
        // The grid line labelled 50 is at the height of the point 50.
        var texts = svg.getElementsByTagName("text");
        boolean found = false;
        for (int i = 0; i < texts.getLength(); i++) {
            var node = texts.item(i);
            boolean atAxis = "end".equals(node.getAttributes().getNamedItem("text-anchor").getNodeValue());
            if (atAxis && node.getTextContent().equals("40")) {
                double at = Double.parseDouble(node.getAttributes().getNamedItem("y").getNodeValue()) - 4;
                assertEquals(y[0] + 0.4 * (y[2] - y[0]), at, 0.02);
                found = true;
            }
        }
        assertTrue(found, "there is no label 40");
    }

    @Test
    void chartBreaksAtWhatIsNotANumber() throws Exception {
        double[] x = new double[100];
        double[] y = new double[100];
        Arrays.setAll(x, i -> i);
        Arrays.setAll(y, i -> i == 50 ? Double.NaN : 1 + i % 7);
        Document svg = svg(new LineChart("t", "x", "y").line("a", x, y).logarithmic());
        String path = svg.getElementsByTagName("path").item(0).getAttributes().getNamedItem("d").getNodeValue();
        assertEquals(2, path.chars().filter(c -> c == 'M').count(), path);
        assertFalse(html(new LineChart("t", "x", "y").line("a", new double[0], new double[0])).contains("NaN"));
        assertFalse(html(new LineChart("t", "x", "y").line("a", new double[] {1}, new double[] {2}).level("l", 2))
            .contains("NaN"));
    }

    @Test
    void tableMarksTheBestOfEachRow() {
        String html = html(new MetricTable(List.of("a", "b", "c")).row("abs_rel", "m", false, 0.3, 0.1, Double.NaN)
            .row("d1", "m", true, 0.3, 0.1, 0.2));
        Matcher best = Pattern.compile("best\">([0-9.]+)<").matcher(html);
        assertTrue(best.find());
        assertEquals("0.1000", best.group(1));
        assertTrue(best.find());
        assertEquals("0.3000", best.group(1));
        assertFalse(best.find());
        assertTrue(html.contains("–"), "a missing value is a dash");
    }

    @Test
    void pageHoldsEverythingItself(@TempDir Path folder) throws Exception {
        BufferedImage pixels = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
        pixels.setRGB(1, 1, 0x123456);
        Path file = folder.resolve("page.html");
        new HtmlPage("A <b> & \"c\"").lead("lead").footer("end")
            .section("S", Pieces.figure(EmbeddedImage.png(pixels), "it's <i>"), Pieces.pairs(Map.of("k<", "v>")),
                Pieces.code("a && b"), Pieces.facts(List.of(new Pieces.Fact("1", "n", ""))),
                Pieces.charts(List.of(new LineChart("t", "x", "y").level("l", 1))))
            .details("D", Pieces.text("x < y")).save(file);
        String html = Files.readString(file);
        assertFalse(Pattern.compile("(https?:)?//[a-z]").matcher(html.replaceAll("data:[^\"]*", "")).find(),
            "a link leads outside");
        assertFalse(html.contains("<script") || html.contains("@import"), "a page needs no script");
        assertTrue(html.contains("A &lt;b&gt; &amp; &quot;c&quot;") && html.contains("k&lt;")
            && html.contains("x &lt; y"));
        Matcher image = Pattern.compile("data:image/png;base64,([^\"]+)").matcher(html);
        assertTrue(image.find());
        BufferedImage read = ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(image.group(1))));
        assertEquals(0x123456, read.getRGB(1, 1) & 0xFFFFFF);
        assertEquals(html.split("<section").length, html.split("</section>").length);
    }
}
