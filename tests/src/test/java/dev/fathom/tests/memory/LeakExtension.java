package dev.fathom.tests.memory;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * {@link LeakCheck} around every JUnit test class: registered in {@code META-INF/services}, so that no class can forget
 * it.
 */
public final class LeakExtension implements BeforeAllCallback, AfterAllCallback {
    private final LeakCheck check = new LeakCheck();

    @Override
    public void beforeAll(ExtensionContext context) {
        check.begin();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        check.end(context.getRequiredTestClass().getName());
    }
}
