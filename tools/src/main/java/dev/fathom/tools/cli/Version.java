package dev.fathom.tools.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Which Fathom this is: written into the outputs and shown by {@code --version}. */
public final class Version {
    private static final String NUMBER = load();

    private Version() {
    }

    /** For example {@code 0.1.0}. */
    public static String number() {
        return NUMBER;
    }

    /** For example {@code Fathom 0.1.0}. */
    public static String line() {
        return "Fathom " + NUMBER;
    }

    private static String load() {
        Properties properties = new Properties();
        try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("version.properties", e);
        }
        return properties.getProperty("version");
    }
}
