import { Credentials } from 'n8n-core';
import {
	ICredentialsHelper,
	NodeHelpers,
	Workflow,
	type ICredentialDataDecryptedObject,
	type ICredentials,
	type ICredentialType,
	type IHttpRequestOptions,
	type INode,
	type INodeCredentialsDetails,
	type INodeProperties,
	type IWorkflowExecuteAdditionalData,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { OAuth2Api } from 'n8n-nodes-base/dist/credentials/OAuth2Api.credentials';

import { KpnSmsOAuth2Api } from '../credentials/KpnSmsOAuth2Api.credentials';

const expressionNode: INode = {
	id: 'credential',
	name: 'Credential',
	type: 'none',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

/**
 * Credentials in memory, where n8n has its database. What n8n does on reading one is done here too:
 * the properties of the type and of its parent give the defaults, then expressions are resolved.
 */
export class CredentialStore extends ICredentialsHelper {
	private readonly stored = new Map<string, ICredentialDataDecryptedObject>();

	private readonly workflow = new Workflow({
		nodes: [expressionNode],
		connections: {},
		active: false,
		nodeTypes: {
			getByName: () => {
				throw new Error('A credential has no nodes');
			},
			getByNameAndVersion: () => ({ description: { properties: [] } }) as never,
			getKnownTypes: () => ({}),
		},
	});

	/** Stores a KPN SMS credential under an id, which nodes refer to it by. */
	set(id: string, data: ICredentialDataDecryptedObject): void {
		this.stored.set(id, data);
	}

	/** What is stored, with the token that n8n has put there. */
	raw(id: string): ICredentialDataDecryptedObject {
		const data = this.stored.get(id);
		if (!data) throw new Error(`No credential ${id}`);
		return structuredClone(data);
	}

	getParentTypes(name: string): string[] {
		return name === 'kpnSmsOAuth2Api' ? ['oAuth2Api'] : [];
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	getCredentialsProperties(): INodeProperties[] {
		const parent: ICredentialType = new OAuth2Api();
		const properties = parent.properties.filter((property) => property.doNotInherit !== true);
		properties.push({
			displayName: 'oauthTokenData',
			name: 'oauthTokenData',
			type: 'json',
			default: {} as never,
		});
		NodeHelpers.mergeNodeProperties(properties, new KpnSmsOAuth2Api().properties);
		return properties;
	}

	async getDecrypted(
		_additionalData: IWorkflowExecuteAdditionalData,
		credential: INodeCredentialsDetails,
		_type: string,
		mode: WorkflowExecuteMode,
		_executeData?: unknown,
		raw?: boolean,
	): Promise<ICredentialDataDecryptedObject> {
		const stored = this.raw(credential.id ?? '');
		if (raw) return stored;
		const data = NodeHelpers.getNodeParameters(
			this.getCredentialsProperties(),
			stored as never,
			true,
			false,
			null,
			null,
		) as ICredentialDataDecryptedObject;
		if (stored.oauthTokenData !== undefined) data.oauthTokenData = stored.oauthTokenData;
		return this.workflow.expression.getComplexParameterValue(
			expressionNode,
			data as never,
			mode,
			{},
			undefined,
			undefined,
			data as never,
		) as unknown as ICredentialDataDecryptedObject;
	}

	async updateCredentialsOauthTokenData(
		credential: INodeCredentialsDetails,
		_type: string,
		data: ICredentialDataDecryptedObject,
	): Promise<void> {
		const id = credential.id ?? '';
		this.stored.set(id, {
			...this.raw(id),
			oauthTokenData: structuredClone(data.oauthTokenData ?? {}),
		});
	}

	async runPreAuthentication(): Promise<undefined> {}

	async preAuthentication(): Promise<undefined> {}

	async authenticate(
		_credentials: unknown,
		_type: string,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		return request;
	}

	async getCredentials(credential: INodeCredentialsDetails, type: string): Promise<ICredentials> {
		return new Credentials({ id: credential.id ?? '', name: credential.name }, type);
	}

	async updateCredentials(): Promise<void> {
		throw new Error('Nothing in a workflow edits a credential');
	}
}
