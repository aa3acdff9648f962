import { ConfigurationError } from 'nestjs-warren/ports';

/**
 * Loads what needs a package that may not be installed. One that is missing is left out in silence where nobody asked
 * for it, and an error where somebody did.
 */
export async function loadWith<Loaded>(
  load: () => Promise<Loaded>,
  { packageName, option, isAsked }: { packageName: string; option: string; isAsked: boolean },
): Promise<Loaded | undefined> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error, packageName)) throw error;
    if (!isAsked) return undefined;
    throw new ConfigurationError(
      [
        `JobsTelemetryModule: ${option} needs the package ${packageName}, which is not installed. Install it (npm install ${packageName}), or leave the option out.`,
      ],
      { cause: error },
    );
  }
}

function isMissing(error: unknown, packageName: string): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const isNotFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return isNotFound && typeof message === 'string' && message.includes(packageName);
}
