package dev.fathom.tools.gpu;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** Where Maven would fetch from: the mirror of Central that a person's settings name, else Central itself. */
final class MavenRepository {
    static final String CENTRAL = "https://repo.maven.apache.org/maven2";
    /** The jar with NVIDIA's libraries, below a repository. */
    static final String REDIST = "org/bytedeco/cuda/12.6-9.5-1.5.11/cuda-12.6-9.5-1.5.11-linux-x86_64-redist.jar";

    private MavenRepository() {
    }

    /** By {@code ~/.m2/settings.xml}. */
    static String url() {
        return url(Path.of(System.getProperty("user.home"), ".m2", "settings.xml"));
    }

    /** @param settings a settings file of Maven, which need not exist */
    static String url(Path settings) {
        if (!Files.isRegularFile(settings)) {
            return CENTRAL;
        }
        NodeList mirrors = parse(settings).getElementsByTagName("mirror");
        for (int i = 0; i < mirrors.getLength(); i++) {
            Element mirror = (Element) mirrors.item(i);
            List<String> of = List.of(text(mirror, "mirrorOf").split(","));
            if ((of.contains("*") || of.contains("central") || of.contains("external:*")) && !of.contains("!central")) {
                return text(mirror, "url").replaceAll("/+$", "");
            }
        }
        return CENTRAL;
    }

    private static String text(Element parent, String tag) {
        NodeList found = parent.getElementsByTagName(tag);
        return found.getLength() == 0 ? "" : found.item(0).getTextContent().strip();
    }

    private static Document parse(Path settings) {
        try (InputStream in = Files.newInputStream(settings)) {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return factory.newDocumentBuilder().parse(in);
        } catch (IOException | SAXException e) {
            throw new FathomException("Maven's settings " + settings + " cannot be read (" + e.getMessage()
                + "); correct them, or name a repository by --from.", e);
        } catch (ParserConfigurationException e) {
            throw new AssertionError("Java's own parser has these features", e);
        }
    }
}
