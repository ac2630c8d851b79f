package dev.fathom.training.parallel;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The words for several devices: {@code cpu*2}, {@code cuda:0,cuda:1}, {@code cuda*2} (the same). Whether a device is there
 * is for others to find out.
 */
public final class DeviceList {
    /** What a person may write. */
    public static final String WORDS = "cpu*2 (two workers on the processor) or cuda:0,cuda:1 (or cuda*2, the first two)";

    private static final Pattern ITEM = Pattern.compile("(cpu|cuda|emulated)(?::(\\d{1,3}))?(?:\\*(\\d{1,2}))?");

    private DeviceList() {
    }

    /**
     * The devices that a word names, one for each worker.
     *
     * @throws FathomException if it names none
     */
    public static List<Device> parse(String word) {
        List<Device> devices = new ArrayList<>();
        for (String item : word.toLowerCase(Locale.ROOT).split(",", -1)) {
            Matcher m = ITEM.matcher(item.strip());
            boolean right = m.matches() && (m.group(2) == null || m.group(3) == null && !m.group(1).equals("cpu"));
            int count = !right || m.group(3) == null ? 1 : Integer.parseInt(m.group(3));
            if (!right || count == 0) {
                throw new FathomException("--devices is '" + word + "', but must be a list like " + WORDS + ".");
            }
            Device.Kind kind = Device.Kind.valueOf(m.group(1).toUpperCase(Locale.ROOT));
            for (int i = 0; i < count; i++) {
                int index = m.group(2) == null ? i : Integer.parseInt(m.group(2));
                devices.add(kind == Device.Kind.CPU ? Device.CPU : new Device(kind, index));
            }
        }
        return devices;
    }
}
