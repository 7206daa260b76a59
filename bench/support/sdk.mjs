// SPDX-License-Identifier: Apache-2.0
// The AWS SDK is installed for the stories in tests/e2e; benchmarks borrow it.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../tests/e2e/package.json', import.meta.url));

export const { IvsClient, CreateChannelCommand, ListChannelsCommand } = require('@aws-sdk/client-ivs');
