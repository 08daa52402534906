import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const binary = '/usr/bin/chromium';
export const chromiumPresent = existsSync(binary);

/** Debian's Chromium without a window; close it. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: binary, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
}

export interface OpenedPage {
  readonly page: Page;
  /** What the page wrote to the console, and the errors that it did not catch. */
  readonly consoleLines: readonly string[];
}

/** Opens a local file in a window of its own, of so many px. */
export async function openPage(browser: Browser, path: string, width = 1280, height = 1000): Promise<OpenedPage> {
  const page = await browser.newPage({ viewport: { width, height } });
  const consoleLines: string[] = [];
  page.on('console', (message) => consoleLines.push(message.text()));
  page.on('pageerror', (error) => consoleLines.push(error.message));
  await page.goto(`file://${path}`);
  return { page, consoleLines };
}
